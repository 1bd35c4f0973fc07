import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { collect, openWith, whole } from '../arrays/oracle.ts'
import { zarr } from './index.ts'
import { array, arrayV3, openFiles, store } from './memory-store.ts'

const regular = (...chunk_shape: number[]) => ({ name: 'regular', configuration: { chunk_shape } })

describe('OME-Zarr', () => {
  const multiscales = [
    {
      version: '0.4',
      axes: [
        { name: 'c', type: 'channel' },
        { name: 'y', type: 'space' },
        { name: 'x', type: 'space' },
      ],
      datasets: [{ path: '0' }, { path: '1' }],
    },
  ]
  const level = (size: number) =>
    array({ shape: [2, size, size], chunks: [1, 4, 4], dtype: '|u1', dimension_separator: '/' })

  it('names its dimensions and its coarser levels, without a listing', async () => {
    const dataset = await openFiles({
      '.zgroup': { zarr_format: 2 },
      '.zattrs': { multiscales },
      '0/.zarray': level(8),
      '1/.zarray': level(4),
      '1/0/0/0': new Uint8Array(16).fill(9),
    })
    const { array: model, warnings } = await dataset.describe()
    expect(model!.variables).toMatchObject([
      { name: '0', dimensions: ['c', 'y', 'x'], coarser: ['1'] },
      { name: '1', dimensions: ['c', '1/y', '1/x'] },
    ])
    expect(model!.dimensions).toContainEqual({ name: '1/x', size: 4 })
    expect(warnings).toEqual([expect.stringContaining('cannot be listed')])
    const { values } = await collect(dataset, '1', [{ start: 0, end: 1, step: 1 }, ...whole([4, 4])])
    expect(values).toEqual(new Array(16).fill(9))
  })

  it('of version 0.5 lies in Zarr v3', async () => {
    const { array: model } = await (
      await openFiles({
        'zarr.json': {
          zarr_format: 3,
          node_type: 'group',
          attributes: { ome: { version: '0.5', multiscales } },
        },
        '0/zarr.json': arrayV3({ shape: [2, 4, 4], chunk_grid: regular(1, 4, 4) }),
        '1/zarr.json': arrayV3({ shape: [2, 2, 2], chunk_grid: regular(1, 2, 2) }),
      })
    ).describe()
    expect(model!.variables.map(({ name, coarser }) => [name, coarser])).toEqual([
      ['0', ['1']],
      ['1', undefined],
    ])
  })
})

describe('hierarchies', () => {
  it('whose groups have dimensions of one name and other sizes tell them by the path of the group', async () => {
    const named = (...names: string[]) => ({ _ARRAY_DIMENSIONS: names })
    const metadata = {
      '.zgroup': { zarr_format: 2 },
      'x/.zarray': array(),
      'x/.zattrs': named('x'),
      'fine/x/.zarray': array({ shape: [80] }),
      'fine/x/.zattrs': named('x'),
      'fine/t/.zarray': array({ shape: [80, 8], chunks: [8, 8] }),
      'fine/t/.zattrs': named('x', 'x'),
    }
    const { array: model } = await (await openFiles({ '.zmetadata': { metadata } })).describe()
    expect(
      model!.variables.map(({ name, dimensions, coordinate }) => [name, dimensions, coordinate]),
    ).toEqual([
      ['x', ['x'], true],
      ['fine/x', ['fine/x'], true],
      ['fine/t', ['fine/x', 'x'], undefined],
    ])
  })

  it('of v3 with consolidated metadata are one request', async () => {
    const metadata = {
      'g/a': arrayV3({ dimension_names: ['x'] }),
      g: { zarr_format: 3, node_type: 'group', attributes: {} },
    }
    const consolidated_metadata = { kind: 'inline', must_understand: false, metadata }
    const root = { zarr_format: 3, node_type: 'group', attributes: { title: 'one' }, consolidated_metadata }
    const { objects, requests } = store({ 'zarr.json': root })
    const dataset = await zarr.open(objects, undefined as never, {})
    expect(requests).toEqual(['zarr.json'])
    expect(await dataset.describe()).toMatchObject({
      attributes: { title: 'one' },
      formatVersion: '3',
      cost: { requests: 1 },
      array: { variables: [{ name: 'g/a', dimensions: ['x'] }] },
    })
  })

  it('are walked through listings of nothing but groups', async () => {
    const group = { zarr_format: 3, node_type: 'group' }
    const { objects } = store(
      {
        'zarr.json': group,
        'a/zarr.json': arrayV3(),
        'a/c/0': new Uint8Array(16),
        'b/zarr.json': arrayV3(),
        'deep/zarr.json': group,
        'deep/c/zarr.json': arrayV3(),
      },
      true,
    )
    const listed: string[] = []
    const dataset = await openWith(zarr, {
      ...objects,
      list(path) {
        listed.push(path)
        return objects.list!(path)
      },
    })
    const { array: model } = await dataset.describe()
    expect(model!.variables.map(({ name }) => name)).toEqual(['a', 'b', 'deep/c'])
    expect(listed.sort()).toEqual(['', 'deep'])
  })

  it('lie on a disk below any names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zarr-'))
    const put = (path: string, data: string | Uint8Array) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), data)
    }
    put('.zgroup', '{"zarr_format":2}')
    put('größe des Felds/.zarray', JSON.stringify(array({ shape: [2], chunks: [2] })))
    put('größe des Felds/0', new Uint8Array(Int32Array.of(3, 4).buffer))
    const dataset = await openWith(zarr, folder)
    expect((await collect(dataset, 'größe des Felds', whole([2]))).values).toEqual([3, 4])
  })
})

it('a _FillValue that xarray packed is unpacked', async () => {
  const document = arrayV3({ data_type: 'float32', attributes: { _FillValue: 'AAAAAAAA+H8=' } })
  const { array: model } = await (await openFiles({ 'zarr.json': document })).describe()
  expect(model!.variables[0]!.fill).toBe('NaN')
})
