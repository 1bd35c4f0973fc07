import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ObjectStore, startObjectStore } from '../../apps/network/src/object-store/server.ts'
import { openObjects } from '../../packages/reader/src/location.ts'
import type { Objects } from '../../packages/reader/src/objects.ts'

const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))
let root: string
let store: ObjectStore
let objects: Objects

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'frost-http-'))
  mkdirSync(join(root, 'cube.zarr', 'wet & ü'), { recursive: true })
  writeFileSync(join(root, 'cube.zarr', 'wet & ü', 'c 0.0+%'), content)
  writeFileSync(join(root, 'cube.zarr', 'empty'), '')
  writeFileSync(join(root, 'file.bin'), content)
  store = await startObjectStore({ folder: root })
  objects = openObjects(`${store.url}/cube.zarr`, { guard: { allowLoopback: true } })
})
afterAll(async () => {
  await store.stop()
  rmSync(root, { recursive: true })
})

const path = 'wet & ü/c 0.0+%'

describe('objects of an honest server', () => {
  it('are read whole, or are absent', async () => {
    expect(Buffer.from((await objects.get(path))!)).toEqual(content)
    expect(await objects.get('empty')).toHaveLength(0)
    expect(await objects.get('nothing')).toBeUndefined()
    expect(await objects.getRange('nothing', 0, 10)).toBeUndefined()
    const file = openObjects(`${store.url}/file.bin`, { guard: { allowLoopback: true } })
    expect(Buffer.from((await file.get(''))!)).toEqual(content)
  })

  it.each([
    [0, 10, 0, 10],
    [10, undefined, 10, 1000],
    [-7, undefined, 993, 1000],
    [-5000, undefined, 0, 1000],
    [990, 2000, 990, 1000],
    [1000, 1010, 1000, 1000],
    [5000, 5010, 1000, 1000],
    [20, 20, 20, 20],
  ])('give bytes [%s, %s)', async (start, end, from, to) => {
    const range = await objects.getRange(path, start, end)
    expect(Buffer.from(range!.bytes)).toEqual(content.subarray(from, to))
    expect(range!.size).toBe(1000)
  })

  it('give nothing of an empty object', async () => {
    expect(await objects.getRange('empty', 0, 10)).toMatchObject({ bytes: new Uint8Array(0), size: 0 })
    expect((await objects.getRange('empty', -10))!.bytes).toHaveLength(0)
  })

  it('never lie above the location', async () => {
    for (const above of ['../file.bin', 'a/../../file.bin', './file.bin'])
      await expect(objects.get(above)).rejects.toMatchObject({ code: 'Forbidden' })
  })
})

describe('a bucket of an honest store', () => {
  const options = () => ({ guard: { allowLoopback: true }, endpoint: store.url })

  it('is read and listed', async () => {
    const bucket = openObjects('s3://cube.zarr', options())
    expect(await bucket.list!('')).toEqual(['empty', 'wet & ü/'])
    expect(await bucket.list!('wet & ü')).toEqual(['c 0.0+%'])
    expect(await bucket.list!('nothing')).toEqual([])
    expect(Buffer.from((await bucket.get(path))!)).toEqual(content)
    const below = openObjects('s3://cube.zarr/wet & ü/', options())
    expect(await below.list!('')).toEqual(['c 0.0+%'])
    expect((await below.getRange('c 0.0+%', -4))!.bytes).toHaveLength(4)
  })

  it('of more names than a page holds is listed whole', async () => {
    mkdirSync(join(root, 'many'))
    for (let index = 0; index < 2100; index++) writeFileSync(join(root, 'many', `c.${index}`), '')
    expect(await openObjects('s3://many', options()).list!('')).toHaveLength(2100)
  })

  it('is found by the endpoint of the environment', async () => {
    const env = { AWS_ENDPOINT_URL: store.url }
    const bucket = openObjects('s3://cube.zarr', { guard: { allowLoopback: true }, env })
    expect(await bucket.get(path)).toHaveLength(1000)
  })
})

describe('files of this machine', () => {
  it('are read only where that is allowed', async () => {
    const file = join(root, 'file.bin')
    for (const location of [file, `file://${file}`]) {
      expect(await openObjects(location, { allowLocal: true }).get('')).toHaveLength(1000)
      expect(() => openObjects(location)).toThrow(expect.objectContaining({ code: 'Forbidden' }))
    }
  })
})

it('objects end with the signal they were opened with', async () => {
  const controller = new AbortController()
  const options = { guard: { allowLoopback: true }, allowLocal: true, signal: controller.signal }
  const opened = [openObjects(store.url, options), openObjects(root, options)]
  for (const objects of opened) expect(await objects.get('file.bin')).toHaveLength(1000)
  controller.abort()
  for (const objects of opened)
    await expect(objects.get('file.bin')).rejects.toMatchObject({ code: 'Cancelled' })
})
