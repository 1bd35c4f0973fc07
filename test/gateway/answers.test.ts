import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Serving, serving } from './serving.ts'
import { BIG, csvTable, type Store, startStore } from './store.ts'
import { zarrArray } from './zarr-array.ts'

vi.setConfig({ testTimeout: 90_000 })

let store: Store
let it: Serving

beforeAll(async () => {
  store = await startStore()
  it = await serving({ loopbackPorts: [store.port] })
})
afterAll(async () => {
  await it?.[Symbol.asyncDispose]()
  await store?.[Symbol.asyncDispose]()
})

describe('describe, preview and export', () => {
  test('a table: columns, rows and files, no whole number rounded', async () => {
    const url = await store.put('table.csv', csvTable(100))
    const described = await it.ask('/describe', { url })
    expect(described.json).toMatchObject({
      location: url,
      format: 'csv',
      model: 'table',
      exports: ['parquet', 'csv', 'ndjson', 'arrow'],
    })
    const shown = await it.ask('/preview.json', { url, columns: 'big,name', where: 'id>=97', limit: '2' })
    expect(shown.json.rows).toEqual([
      [String(BIG + 194n), 'n, 97'],
      [String(BIG + 196n), 'n, 98'],
    ])
    const csv = await it.ask('/export', { url, to: 'csv', columns: ['id', 'big'], where: 'id<2' })
    expect(csv.body.toString()).toBe(`id,big\r\n0,${BIG}\r\n1,${BIG + 2n}\r\n`)
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/)
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="table.csv"')
    const rows = (await it.ask('/export', { url, to: 'ndjson' })).body.toString().trim().split('\n')
    expect([rows.length, rows[99]]).toEqual([100, expect.stringContaining(String(BIG + 198n))])
    const parquet = await it.ask('/export', { url, to: 'parquet' })
    expect(parquet.body.subarray(0, 4).toString()).toBe('PAR1')
    expect(parquet.body.subarray(-4).toString()).toBe('PAR1')
  })

  test('what lies in a bucket, folder by folder, whatever the names', async () => {
    await store.put('bkt/set/a & b.csv', 'x')
    await store.put('bkt/set/<img src=x>/deep.csv', 'x')
    await store.put('bkt/set/sub/one.csv', '12345')
    const source = { url: 's3://bkt/set', endpoint: store.url }
    const top = (await it.ask('/list', source)).json
    expect(top).toMatchObject({ path: '', entries: expect.any(Array) })
    expect(top.entries).toEqual([
      { name: 'a & b.csv', size: 1, modified: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/) },
      { name: '<img src=x>/' },
      { name: 'sub/' },
    ])
    expect((await it.ask('/list', { ...source, path: 'sub' })).json.entries).toMatchObject([
      { name: 'one.csv', size: 5 },
    ])
    expect((await it.ask('/list', { ...source, path: 'nothing/' })).json.entries).toEqual([])
    const refused = async (params: Record<string, string>) => {
      const { status, json } = await it.ask('/list', params)
      return [status, json.error]
    }
    for (const path of ['../', 'sub/../../', '/etc'])
      expect(await refused({ ...source, path })).toEqual([400, 'InvalidRequest'])
    expect(await refused({ url: store.urlOf('bkt/set') })).toEqual([expect.any(Number), 'Unsupported'])
    expect(await refused({ url: 's3://bkt/set', endpoint: 'http://169.254.169.254' })).toEqual([
      403,
      'Forbidden',
    ])
  })

  test('an array: the grid, the picture, the files', async () => {
    await store.put('grid.zarr/zarr.json', zarrArray({ shape: [4, 6], chunks: [2, 6], names: ['y', 'x'] }))
    await store.put(
      'grid.zarr/c/0/0',
      Uint8Array.from({ length: 12 }, (_, at) => at),
    )
    const url = store.urlOf('grid.zarr')
    const { json } = await it.ask('/preview.json', { url })
    expect(json).toMatchObject({ kind: 'grid', missingChunks: 1 })
    expect(json.values[1]).toEqual([6, 7, 8, 9, 10, 11])
    const picture = await it.ask('/preview.png', { url, side: '60', map: 'magma' })
    expect(picture.headers.get('content-type')).toBe('image/png')
    expect([picture.body.readUInt32BE(16), picture.body.readUInt32BE(20)]).toEqual([60, 40])
    const csv = await it.ask('/export', { url, to: 'csv', select: 'y=#1,x=#0:2' })
    expect(csv.body.toString().split('\r\n')).toHaveLength(4)
    const zarr = await it.ask('/export', { url, to: 'zarr' })
    expect(zarr.headers.get('content-disposition')).toBe('attachment; filename="grid.zarr.zip"')
    expect(zarr.body.subarray(0, 2).toString()).toBe('PK')
  })

  test('what it reads and writes', async () => {
    const { json } = await it.ask('/formats')
    expect(json.reads).toEqual(expect.arrayContaining(['zarr', 'parquet', 'csv']))
    expect(json.exports.table.map(({ id }: { id: string }) => id)).toContain('arrow')
  })
})

describe('errors', () => {
  test.each([
    ['/describe', {}, 400, 'InvalidRequest', 'url= is missing'],
    ['/describe', { url: '/etc/passwd' }, 403, 'Forbidden', 'is no URL'],
    ['/describe', { url: 'ftp://example.org/a' }, 400, 'InvalidSelection', "'ftp:' is not read"],
    ['/describe', { url: 'http://127.0.0.1:9/a' }, 403, 'Forbidden', ''],
    ['/describe', { url: 'http://10.0.0.1/a' }, 403, 'Forbidden', 'a private address'],
    [
      '/describe',
      { url: 's3://bucket/a', endpoint: 'http://169.254.169.254' },
      403,
      'Forbidden',
      'link local',
    ],
    [
      '/preview.json',
      { url: 'https://example.org/a', side: '0' },
      400,
      'InvalidRequest',
      'side=0 is no whole',
    ],
    [
      '/preview.png',
      { url: 'https://example.org/a', map: 'mud' },
      400,
      'InvalidRequest',
      'map=mud is no colour map',
    ],
    ['/describe', { url: 'https://example.org/a', pin: 'x' }, 400, 'InvalidRequest', 'write branch:NAME'],
    [
      '/describe',
      { url: 'https://example.org/a', tint: 'red' },
      400,
      'InvalidRequest',
      'tint=red is no parameter',
    ],
    ['/export', { url: 'https://example.org/a' }, 400, 'InvalidRequest', 'to= is missing'],
    ['/nothing', {}, 404, 'NotFound', 'there is no /nothing'],
  ])('%s %o: %i %s', async (path, params, status, error, words) => {
    const answer = await it.ask(path, params as Record<string, string>)
    expect([answer.status, answer.json.error]).toEqual([status, error])
    expect(answer.json.message).toContain(words)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('of the reader, each with the status that fits', async () => {
    const csv = await store.put('errors.csv', csvTable(3))
    const bytes = await store.put('errors.bin', Buffer.from([0, 1, 2, 3, 250, 251, 252]))
    const ask = async (path: string, params: Record<string, string>) => {
      const { status, json } = await it.ask(path, params)
      return [status, json.error]
    }
    expect(await ask('/describe', { url: store.urlOf('absent.csv') })).toEqual([404, 'NotFound'])
    expect(await ask('/describe', { url: 's3://absent/a', endpoint: store.url })).toEqual([404, 'NotFound'])
    expect(await ask('/describe', { url: bytes })).toEqual([415, 'Unrecognised'])
    expect(await ask('/preview.json', { url: csv, columns: 'absent' })).toEqual([400, 'InvalidSelection'])
    expect(await ask('/preview.png', { url: csv })).toEqual([400, 'InvalidSelection'])
    expect(await ask('/export', { url: csv, to: 'docx' })).toEqual([400, 'InvalidSelection'])
    expect(await ask('/describe', { url: csv, pin: 'snapshot:1' })).toEqual([400, 'InvalidSelection'])
  })

  test('only reading is known, from any page', async () => {
    const answer = await it.ask('/describe', {}, { method: 'POST' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    const before = await it.ask('/describe', {}, { method: 'OPTIONS' })
    expect([before.status, before.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, HEAD, OPTIONS',
    ])
  })

  test('HEAD tells what GET would, and no export', async () => {
    const url = await store.put('head.csv', csvTable(3))
    const [head, get] = [
      await it.ask('/describe', { url }, { method: 'HEAD' }),
      await it.ask('/describe', { url }),
    ]
    expect([head.status, head.body.length, head.headers.get('etag')]).toEqual([
      200,
      0,
      get.headers.get('etag'),
    ])
    for (const [name, value] of [
      ['access-control-allow-origin', '*'],
      ['cross-origin-resource-policy', 'cross-origin'],
      ['x-content-type-options', 'nosniff'],
    ])
      expect(get.headers.get(name!)).toBe(value)
    const refused = await it.ask('/export', { url, to: 'csv' }, { method: 'HEAD' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET'])
  })

  test('an export over the budget is refused with its estimate and a cheaper choice', async () => {
    await using small = await serving({
      loopbackPorts: [store.port],
      exportBudget: { bytes: 1_000, requests: 100 },
    })
    await store.put('large.zarr/zarr.json', zarrArray({ shape: [100, 100], chunks: [10, 100] }))
    const url = store.urlOf('large.zarr')
    const { status, json } = await small.ask('/export', { url, to: 'csv' })
    expect([status, json.error, json.details.cost.bytes]).toEqual([413, 'OverBudget', 10_000])
    expect(json.message).toContain('1/10 of it')
    expect((await small.ask('/export', { url, to: 'csv', select: 'dim_0=#0:5' })).status).toBe(200)
  })
})
