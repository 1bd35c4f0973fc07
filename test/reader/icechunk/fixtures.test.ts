import { zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { collect, whole } from '../../../packages/reader/src/formats/arrays/oracle.ts'
import type { Objects } from '../../../packages/reader/src/objects.ts'
import { sharedPath } from '../../shared.ts'
import { openAt } from './repositories.ts'

describe.each(['test-repo-v1', 'test-repo-v2'])('the fixture %s', name => {
  const folder = sharedPath('fixtures', 'data', 'icechunk', name)
  /** What the virtual chunk of the fixture would hold in its bucket. */
  const virtual = Float32Array.from({ length: 25 }, (_, i) => i)
  const resolve = async (url: string): Promise<Objects> => {
    expect(url).toBe('s3://testbucket/can_read_old/chunk-1')
    const bytes = Uint8Array.from(zstdCompressSync(new Uint8Array(virtual.buffer)))
    return {
      name: url,
      get: async () => bytes,
      getRange: async (_path, start, end) => ({
        bytes: Uint8Array.from({ length: end! - start }, (_, i) => bytes[start + i] ?? 0),
        size: undefined,
        etag: undefined,
      }),
    }
  }

  it.skipIf(folder === undefined)('is read completely', async () => {
    const main = await openAt(folder!, undefined, resolve)
    const { array, versions } = await main.describe()
    expect(versions![0]!.message).toBe(name.endsWith('v2') ? 'some more structure' : 'set virtual chunk')
    expect(array!.variables.map(({ name }) => name)).toEqual(['group1/big_chunks', 'group1/small_chunks'])
    expect(await collect(main, 'group1/small_chunks', whole([5]))).toMatchObject({
      values: [84, 84, 84, 84, 84],
      missingChunks: 0,
    })
    const big = await collect(main, 'group1/big_chunks', [
      { start: 5, end: 10, step: 1 },
      { start: 0, end: 10, step: 1 },
    ])
    expect(new Set(big.values)).toEqual(new Set([42]))
    const side = await openAt(folder!, 'branch:my-branch', resolve)
    expect(await collect(side, 'group1/small_chunks', whole([5]))).toMatchObject({
      values: [84, 84, 84, 84, 8],
      missingChunks: 1,
    })
    expect((await side.describe()).array!.variables.at(-1)!.name).toBe('group2/group3/group4/group5/inner')
    expect(await collect(side, 'group2/group3/group4/group5/inner', whole([10, 10]))).toMatchObject({
      missingChunks: 4,
    })
    await expect(openAt(folder!, 'tag:deleted')).rejects.toMatchObject({ code: 'NotFound' })
    expect(await main.diff!('tag:it works!', 'branch:my-branch')).toMatchObject({
      added: [
        'group2',
        'group2/group3',
        'group2/group3/group4',
        'group2/group3/group4/group5',
        'group2/group3/group4/group5/inner',
      ],
      removed: [],
    })
  })
})
