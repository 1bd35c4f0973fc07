import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ObjectStore, startObjectStore } from '../../apps/network/src/object-store/server.ts'
import { openDataset } from '../../packages/reader/src/open.ts'

const GUARD = { guard: { allowLoopback: true } }
/** More than two pages of a listing. */
const MANY = 2_100

let root: string
let store: ObjectStore

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'frost-recognise-'))
  for (const folder of ['chunks', 'files', 'html']) mkdirSync(join(root, folder))
  writeFileSync(
    join(root, 'chunks/.zarray'),
    JSON.stringify({
      zarr_format: 2,
      shape: [MANY],
      chunks: [1],
      dtype: '|u1',
      order: 'C',
      fill_value: 0,
      filters: null,
      compressor: null,
    }),
  )
  for (let at = 0; at < MANY; at++) {
    writeFileSync(join(root, 'chunks', `${at}`), Uint8Array.of(at % 256))
    writeFileSync(join(root, 'files', `note-${at}.txt`), '')
  }
  store = await startObjectStore({ folder: root })
})
afterAll(async () => {
  await store.stop()
  rmSync(root, { recursive: true })
})

describe('where nothing lies', () => {
  it.each(['absent.nc', 'absent.zarr', 'absent/', 'chunks/absent.csv'])(
    'the answer over plain HTTP is NotFound: %s',
    async path => {
      await expect(openDataset(`${store.url}/${path}`, GUARD)).rejects.toMatchObject({
        code: 'NotFound',
        message: expect.stringContaining('nothing lies at'),
      })
    },
  )

  it('the answer of a bucket is NotFound', async () => {
    const options = { ...GUARD, endpoint: store.url }
    await expect(openDataset('s3://absent/data', options)).rejects.toMatchObject({ code: 'NotFound' })
  })

  it('what is there and no dataset is Unrecognised', async () => {
    const options = { ...GUARD, endpoint: store.url }
    await expect(openDataset('s3://files', options)).rejects.toMatchObject({ code: 'Unrecognised' })
  })
})

describe('a folder of more names than a page', () => {
  it('is recognised and described by one page of its listing', async () => {
    const before = store.served.requests
    const dataset = await openDataset('s3://chunks', { ...GUARD, endpoint: store.url })
    const { array } = await dataset.describe()
    expect(array!.variables[0]!.shape).toEqual([MANY])
    expect(store.served.requests - before).toBeLessThanOrEqual(10)
  })

  it('that is no dataset is refused by one page of its listing', async () => {
    const before = store.served.requests
    await expect(openDataset('s3://files', { ...GUARD, endpoint: store.url })).rejects.toMatchObject({
      code: 'Unrecognised',
    })
    expect(store.served.requests - before).toBeLessThanOrEqual(16)
  })
})
