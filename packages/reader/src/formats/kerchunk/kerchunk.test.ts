import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import type { ArrayDataset } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Format } from '../../format.ts'
import { localObjects } from '../../objects/local.ts'
import type { Objects } from '../../objects.ts'
import {
  bytesObjects,
  collect,
  fixture,
  PRINTED,
  printed,
  pythonFiles,
  pythonHas,
  pythonJson,
  whole,
} from '../arrays/oracle.ts'
import { zarr } from '../zarr/index.ts'
import { evaluate, expand } from './expression.ts'
import { kerchunk } from './index.ts'
import { absolute } from './reference-objects.ts'

const python = pythonHas('zarr', 'fsspec', 'jinja2', 'numpy')

async function openAt(
  format: Format,
  location: string | Objects,
  resolve?: (url: string) => Promise<Objects>,
): Promise<ArrayDataset> {
  const objects = typeof location === 'string' ? localObjects(location) : location
  const head = await objects.getRange('', 0, 4096)
  const probe = {
    head: head?.bytes,
    size: head?.size,
    name: 'references',
    has: async (path: string) => (await objects.getRange(path, 0, 1)) !== undefined,
  }
  expect(await format.recognises(probe)).toBe(true)
  const dataset = await format.open(objects, probe, resolve === undefined ? {} : { resolve })
  if (dataset.model !== 'array') throw new Error('no arrays')
  return dataset
}

async function texts(dataset: ArrayDataset, name: string): Promise<string | string[]> {
  const { array } = await dataset.describe()
  const { shape, dtype } = array!.variables.find(variable => variable.name === name)!
  return printed((await collect(dataset, name, whole(shape))).values, dtype)
}

const files = async (url: string): Promise<Objects> => localObjects(url.replace('file://', ''))

describe('the fixtures', () => {
  const folder = fixture('netcdf', 'references')
  const names = [...Array(10).keys()].map(i => `${i}.json`)

  it.skipIf(folder === undefined || !python).each(names)(
    '%s has the values of zarr-python over fsspec',
    async name => {
      const path = join(folder!, name)
      const dataset = await openAt(kerchunk, path, files)
      const description = await dataset.describe()
      expect(description).toMatchObject({
        format: 'kerchunk',
        formatVersion: '2',
        attributes: { GRIB_centre: 'consensus' },
      })
      const judged = pythonJson(
        `${PRINTED}
import fsspec, zarr
m = fsspec.filesystem('reference', fo=sys.argv[1], remote_protocol='file').get_mapper('')
names = [k.split('/')[0] for k in m if k.endswith('.zarray') and not json.loads(m[k])['filters']]
print(json.dumps({n: printed(zarr.open_array(m, path=n, mode='r')[...]) for n in names}))`,
        path,
      ) as Record<string, string>
      const readable = description.array!.variables.filter(({ codecs }) => codecs!.length === 0)
      expect(readable.map(({ name }) => name).sort()).toEqual(Object.keys(judged).sort())
      for (const [variable, values] of Object.entries(judged))
        expect(await texts(dataset, variable)).toEqual(values)
      const packed = description.array!.variables.find(({ codecs }) => codecs!.includes('grib'))!
      const wasAsked: string[] = []
      const guarded = await openAt(kerchunk, path, async url => {
        wasAsked.push(url)
        return bytesObjects(new Uint8Array(20_000))
      })
      await expect(collect(guarded, packed.name, whole(packed.shape))).rejects.toMatchObject({
        code: 'Unsupported',
        message: expect.stringContaining('grib'),
      })
      expect(wasAsked).toEqual([join(folder!, 'example.grb')])
    },
  )
})

const SETS = `
import numpy as np, json, base64, zarr
data = np.arange(6000, dtype='<f4').reshape(60, 100)
open('data.bin', 'wb').write(b'header--' + data.tobytes())
array = lambda shape, chunks, dtype='<f4', **more: json.dumps(dict(zarr_format=2, shape=shape, chunks=chunks, dtype=dtype, compressor=None, filters=None, order='C', **dict(dict(fill_value=-1), **more)))
refs = {
  '.zgroup': '{"zarr_format": 2}', '.zattrs': json.dumps({'title': 'mixed'}),
  'a/.zarray': array([60, 100], [10, 100]), 'a/.zattrs': json.dumps({'_ARRAY_DIMENSIONS': ['y', 'x']}),
  'g/.zgroup': '{"zarr_format": 2}', 'g/b/.zarray': array([20, 4], [1, 4], '<i4'), 'g/b/.zattrs': '{}',
  'text/.zarray': array([8], [8], '|S1', fill_value=None), 'text/0': 'abcdefgh',
  'whole/.zarray': array([6002], [6002]), 'whole/0': ['{{u}}'],
}
for i in range(5): refs['a/%d.0' % i] = ['{{u}}', 8 + i * 4000, 4000]
version1 = dict(version=1, templates={'u': 'data.bin', 'f': '{{name}}.bin'}, refs=refs, gen=[dict(
    key='g/b/{{i * 2 + j}}.0', url="{{f(name='data')}}", offset='{{(i * 2 + j) * 16 + 8}}', length='{{8 * 2}}',
    dimensions=dict(i=dict(stop=9), j=[0, 1]))])
json.dump(version1, open('version1.json', 'w'))
version0 = {k: (v if not isinstance(v, list) else ['data.bin'] + v[1:]) for k, v in refs.items() if not isinstance(v, dict)}
json.dump(version0, open('version0.json', 'w'))
`

describe.skipIf(!python)('sets with templates, counted references and bytes of their own', () => {
  const folder = python ? pythonFiles(SETS) : ''

  it.each(['version0.json', 'version1.json'])('%s has the values of zarr-python over fsspec', async name => {
    const judged = pythonJson(
      `${PRINTED}
import fsspec, zarr, os
os.chdir(os.path.dirname(sys.argv[1]))
fs = fsspec.filesystem('reference', fo=sys.argv[1], remote_protocol='file', simple_templates=False)
m = {k: fs.cat_file(k) for k in fs.references}
judged = lambda path: printed(zarr.open_array(m, path=path, mode='r')[...])
print(json.dumps({p: judged(p) for p in sys.argv[2:]}))`,
      join(folder, name),
      ...(name === 'version1.json' ? ['a', 'g/b', 'text', 'whole'] : ['a', 'text', 'whole']),
    ) as Record<string, string | string[]>
    const dataset = await openAt(kerchunk, join(folder, name), files)
    for (const [variable, values] of Object.entries(judged)) {
      if (variable !== 'text') expect([variable, await texts(dataset, variable)]).toEqual([variable, values])
    }
    const text = await collect(dataset, 'text', whole([8]))
    expect(text.values.map(byte => Buffer.from(byte as Uint8Array).toString())).toEqual([...'abcdefgh'])
    const { missingChunks } = await collect(dataset, 'a', whole([60, 100]))
    expect(missingChunks).toBe(1)
    expect(await dataset.estimate('a', whole([60, 100]))).toEqual({ requests: 5, bytes: 20_000 })
    expect(await dataset.estimate('text', whole([8]))).toEqual({ requests: 0, bytes: 0 })
  })

  it('takes documents that stand as the objects they are', async () => {
    const set = JSON.parse(readFileSync(join(folder, 'version1.json'), 'utf8'))
    for (const [key, value] of Object.entries(set.refs))
      if (/\.z\w+$/.test(key)) set.refs[key] = JSON.parse(value as string)
    const objects = bytesObjects(new TextEncoder().encode(JSON.stringify(set)))
    const dataset = await openAt(kerchunk, { ...objects, name: join(folder, 'objects.json') }, files)
    const judged = await openAt(kerchunk, join(folder, 'version1.json'), files)
    for (const name of ['a', 'g/b']) expect(await texts(dataset, name)).toEqual(await texts(judged, name))
  })

  it('follows no reference where nothing may be followed', async () => {
    const dataset = await openAt(kerchunk, join(folder, 'version1.json'))
    await expect(collect(dataset, 'a', whole([60, 100]))).rejects.toMatchObject({ code: 'Forbidden' })
    expect((await collect(dataset, 'text', whole([8]))).values.length).toBe(8)
  })
})

describe('references in Parquet', () => {
  const folder = mkdtempSync(join(tmpdir(), 'references-'))
  const array = (shape: number[], chunks: number[]) => ({
    zarr_format: 2,
    shape,
    chunks,
    dtype: '<i4',
    compressor: null,
    filters: null,
    fill_value: -1,
    order: 'C',
  })
  const metadata = {
    '.zgroup': { zarr_format: 2 },
    '.zattrs': { title: 'in Parquet' },
    'a/.zarray': array([7, 4], [1, 2]),
    'a/.zattrs': { _ARRAY_DIMENSIONS: ['y', 'x'] },
    'scalar/.zarray': array([], []),
    'absent/.zarray': array([3], [1]),
  }
  writeFileSync(join(folder, '.zmetadata'), JSON.stringify({ metadata, record_size: 5 }))
  writeFileSync(
    join(folder, 'data.bin'),
    Buffer.from(Int32Array.from({ length: 28 }, (_, i) => i * 10).buffer),
  )
  const write = (
    path: string,
    rows: readonly { path: string | null; offset: number; size: number; raw: Uint8Array | null }[],
  ) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    const columnData = [
      { name: 'path', data: rows.map(row => row.path), type: 'STRING' as const, nullable: true },
      { name: 'offset', data: rows.map(row => BigInt(row.offset)), type: 'INT64' as const },
      { name: 'size', data: rows.map(row => BigInt(row.size)), type: 'INT64' as const },
      { name: 'raw', data: rows.map(row => row.raw), type: 'BYTE_ARRAY' as const, nullable: true },
    ]
    writeFileSync(join(folder, path), Buffer.from(parquetWriteBuffer({ columnData })))
  }
  const here = join(folder, 'data.bin')
  // 14 chunks in files of five; the last but one has no place, the last holds its own bytes.
  const chunks = Array.from({ length: 15 }, (_, i) =>
    i === 12
      ? { path: null, offset: 0, size: 0, raw: null }
      : i === 13
        ? { path: null, offset: 0, size: 0, raw: new Uint8Array(Int32Array.of(5, 6).buffer) }
        : { path: i === 14 ? null : here, offset: i * 8, size: i === 14 ? 0 : 8, raw: null },
  )
  for (const file of [0, 1, 2]) write(`a/refs.${file}.parq`, chunks.slice(file * 5, file * 5 + 5))
  write('scalar/refs.0.parq', [{ path: here, offset: 8, size: 4, raw: null }])

  it('finds each chunk by its place', async () => {
    const dataset = await openAt(zarr, folder, files)
    expect(await dataset.describe()).toMatchObject({
      format: 'kerchunk',
      attributes: { title: 'in Parquet' },
    })
    expect(await collect(dataset, 'a', whole([7, 4]))).toMatchObject({
      values: [...Array.from({ length: 24 }, (_, i) => i * 10), -1, -1, 5, 6],
      missingChunks: 1,
    })
    expect((await collect(dataset, 'scalar', [])).values).toEqual([20])
    expect(await collect(dataset, 'absent', whole([3]))).toMatchObject({
      values: [-1, -1, -1],
      missingChunks: 3,
    })
    expect(await dataset.estimate('a', whole([7, 4]))).toEqual({ requests: 12, bytes: 96 })
  })
})

describe('expressions', () => {
  const none = () => undefined

  it('counts as Python does', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 9 }), (i, n) => {
        const scope = (name: string) => ({ i, n })[name]
        expect(evaluate('(i + 1) * 1000 - -2', scope)).toBe((i + 1) * 1000 + 2)
        expect(evaluate('i // n * n + i % n', scope)).toBe(i)
      }),
    )
  })

  it('refuses what it does not know, by name', () => {
    expect(() => expand('{{ missing }}', none)).toThrow(/missing/)
    for (const text of [
      '{{ 1 +  }}',
      "{{ 'x'.upper() }}",
      '{{ 1 | filter }}',
      '{{ 1 // 0 }}',
      `{{${'('.repeat(100)}1}}`,
    ])
      expect(() => expand(text, none)).toThrow(ReaderError)
  })

  it('answers any text by a value or by an error that says so', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}()+-*/%=,ab01\'" .') }), text => {
        try {
          expand(`{{${text}}}`, name => (name === 'a' ? 3 : undefined))
        } catch (error) {
          expect(error).toBeInstanceOf(ReaderError)
        }
      }),
    )
  })
})

it('refuses templates that lead to themselves', async () => {
  const document = {
    version: 1,
    templates: { a: '{{b}}', b: '{{a}}' },
    refs: { '.zgroup': '{"zarr_format":2}', 'x/.zarray': ['{{a}}'] },
  }
  const objects = bytesObjects(new TextEncoder().encode(JSON.stringify(document)))
  await expect(openAt(kerchunk, objects, files)).rejects.toMatchObject({
    code: 'Corrupt',
    message: expect.stringContaining('itself'),
  })
})

it('answers broken sets by an error that says so', async () => {
  const good = {
    version: 1,
    refs: {
      '.zgroup': '{"zarr_format":2}',
      'a/.zarray':
        '{"zarr_format":2,"shape":[2],"chunks":[1],"dtype":"<i2","compressor":null,"filters":null,"fill_value":0,"order":"C"}',
      'a/0': ['x', 0, 2],
    },
  }
  const text = JSON.stringify(good)
  await fc.assert(
    fc.asyncProperty(
      fc.nat(text.length),
      fc.string({ maxLength: 3 }),
      fc.nat(4),
      async (at, inserted, dropped) => {
        const broken = text.slice(0, at) + inserted + text.slice(at + dropped)
        try {
          const objects = bytesObjects(new TextEncoder().encode(broken))
          const dataset = (await kerchunk.open(objects, undefined as never, {
            resolve: async () => bytesObjects(new Uint8Array(2)),
          })) as ArrayDataset
          const { array } = await dataset.describe()
          for (const { name, shape } of array!.variables)
            await collect(
              dataset,
              name,
              shape.map(size => ({ start: 0, end: Math.min(size, 50), step: 1 })),
            )
        } catch (error) {
          expect(error).toBeInstanceOf(ReaderError)
        }
      },
    ),
  )
})

it('takes a reference without a scheme as a link beside what refers to it', () => {
  expect(absolute('example.grb', 'https://a.org/sets/one.json?x=1')).toBe('https://a.org/sets/example.grb')
  expect(absolute('s3://b/c', '/tmp/one.json')).toBe('s3://b/c')
  expect(absolute('c.nc', '/tmp/sets/one.json')).toBe('/tmp/sets/c.nc')
})
