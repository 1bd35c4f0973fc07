import type { Stored } from './stored.ts'
import type { ZarrArray } from './zarr.ts'

type Attributes = Readonly<Record<string, unknown>>
type Documents = readonly (readonly [path: string, value: unknown])[]

/** A whole number beyond 2^53 on its way into JSON, which has no limit to its digits. */
const BIG = '\u0000big:'

export function json(value: unknown): Uint8Array {
  const text = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${BIG}${item}` : item), 1)
  return new TextEncoder().encode(text.replaceAll(/"\\u0000big:(-?\d+)"/g, '$1'))
}

/** Groups between the root and the arrays, the root as ''. */
function groupsOf(arrays: readonly ZarrArray[]): readonly string[] {
  const groups = new Set([''])
  for (const { path } of arrays) {
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth++) groups.add(parts.slice(0, depth).join('/'))
  }
  return [...groups]
}

// Zarr core specification version 3; `string`, `bytes` and `zstd` from the registered extensions.

export function v3Groups(arrays: readonly ZarrArray[], attributes: Attributes): Documents {
  const groups = groupsOf(arrays)
  const bare = { zarr_format: 3, node_type: 'group', attributes: {} }
  const metadata = Object.fromEntries([
    ...groups.filter(path => path !== '').map(path => [path, bare] as const),
    ...arrays.map(array => [array.path, v3Document(array)] as const),
  ])
  const root = {
    ...bare,
    attributes,
    consolidated_metadata: { kind: 'inline', must_understand: false, metadata },
  }
  return groups.map(path => (path === '' ? ['zarr.json', root] : [`${path}/zarr.json`, bare]))
}

export function v3Array(array: ZarrArray): Documents {
  return [['zarr.json', v3Document(array)]]
}

function v3Document({ shape, chunks, stored, dimensions }: ZarrArray): unknown {
  const { dtype, fill, attributes } = stored
  const bytes =
    dtype === 'string'
      ? { name: 'vlen-utf8' }
      : dtype === 'bytes'
        ? { name: 'vlen-bytes' }
        : { name: 'bytes', configuration: { endian: 'little' } }
  return {
    zarr_format: 3,
    node_type: 'array',
    shape,
    data_type: dtype === 'bytes' ? 'variable_length_bytes' : dtype,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: fillDocument(stored),
    codecs: [bytes, { name: 'zstd', configuration: { level: 3, checksum: false } }],
    attributes: fill === undefined ? attributes : { ...attributes, _FillValue: v3FillAttribute(dtype, fill) },
    dimension_names: dimensions,
  }
}

function fillDocument({ dtype, fill }: Stored): unknown {
  if (fill !== undefined && !dtype.startsWith('complex') && dtype !== 'bytes')
    return floatDocument(dtype === 'bool' ? Boolean(Number(fill)) : fill)
  if (dtype.startsWith('complex')) return [0, 0]
  if (dtype === 'bool') return false
  return dtype === 'string' || dtype === 'bytes' ? '' : 0
}

function floatDocument(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

/** xarray writes and reads the attribute of floats as base64 of a float64 (its FillValueCoder). */
function v3FillAttribute(dtype: string, fill: number | bigint | string): unknown {
  if (!dtype.startsWith('float') || typeof fill !== 'number') return fill
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(fill)
  return bytes.toString('base64')
}

// Zarr storage specification version 2, with xarray's `_ARRAY_DIMENSIONS`.

export function v2Groups(arrays: readonly ZarrArray[], attributes: Attributes): Documents {
  const documents: (readonly [string, unknown])[] = []
  for (const path of groupsOf(arrays)) {
    const prefix = path === '' ? '' : `${path}/`
    documents.push([`${prefix}.zgroup`, { zarr_format: 2 }])
    if (path === '') documents.push(['.zattrs', attributes])
  }
  const all = [
    ...documents,
    ...arrays.flatMap(array =>
      v2Array(array).map(([path, value]) => [`${array.path}/${path}`, value] as const),
    ),
  ]
  return [...documents, ['.zmetadata', { zarr_consolidated_format: 1, metadata: Object.fromEntries(all) }]]
}

export function v2Array({ shape, chunks, stored, dimensions }: ZarrArray): Documents {
  const { dtype, fill, attributes } = stored
  const vlen = dtype === 'string' ? [{ id: 'vlen-utf8' }] : dtype === 'bytes' ? [{ id: 'vlen-bytes' }] : null
  return [
    [
      '.zarray',
      {
        zarr_format: 2,
        shape,
        chunks,
        dtype: v2Type(dtype),
        order: 'C',
        fill_value: fill === undefined ? null : floatDocument(fill),
        filters: vlen,
        compressor: { id: 'zstd', level: 3 },
      },
    ],
    ['.zattrs', { ...attributes, _ARRAY_DIMENSIONS: dimensions }],
  ]
}

function v2Type(dtype: string): string {
  if (dtype === 'string' || dtype === 'bytes') return '|O'
  if (dtype === 'bool') return '|b1'
  const [, kind = '', bits = ''] = /^([a-z]+)(\d+)$/.exec(dtype) ?? []
  const size = Number(bits) / 8
  return `${size === 1 ? '|' : '<'}${{ int: 'i', uint: 'u', float: 'f', complex: 'c' }[kind]}${size}`
}
