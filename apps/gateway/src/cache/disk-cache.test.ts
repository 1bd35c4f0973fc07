import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DiskCache } from './disk-cache.ts'
import { decodeEntry, digestOf, type Entry, encodeEntry } from './entry.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frost-cache-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const keyOf = (name: string) => Buffer.from(digestOf(name), 'base64url').toString('hex')
const pathOf = (name: string) => join(folder, keyOf(name).slice(0, 2), keyOf(name))

function entryOf(text: string): Entry {
  const body = Buffer.from(text)
  return { mediaType: 'text/plain', immutable: false, digest: digestOf(body), body }
}

test('an answer is there after a restart, with all that belongs to it', async () => {
  const entry: Entry = {
    ...entryOf('hello'),
    immutable: true,
    reads: [{ path: '', state: { is: 'tagged', etag: '"1"', size: 5 } }],
  }
  await (await DiskCache.open(folder, 10_000)).put(keyOf('a'), entry)
  const again = await DiskCache.open(folder, 10_000)
  expect(await again.get(keyOf('a'))).toEqual(entry)
  expect(await again.get(keyOf('b'))).toBeUndefined()
  expect([again.entries, again.counts.hits, again.counts.misses]).toEqual([1, 1, 1])
})

test('what was used longest ago goes first, and the bytes stay within their bound', async () => {
  const text = 'x'.repeat(1_000)
  const one = encodeEntry(entryOf(text)).length
  const cache = await DiskCache.open(folder, one * 8)
  for (let at = 0; at < 8; at++) await cache.put(keyOf(`${at}`), entryOf(text))
  await cache.get(keyOf('0'))
  await cache.put(keyOf('8'), entryOf(text))
  expect(await cache.get(keyOf('0'))).toBeDefined()
  expect(await cache.get(keyOf('1'))).toBeUndefined()
  expect([cache.bytes, cache.entries, cache.counts.evicted]).toEqual([one * 8, 8, 1])
  const smaller = await DiskCache.open(folder, one * 3)
  expect([smaller.bytes, smaller.entries]).toEqual([one * 3, 3])
})

test('one answer does not push all others out', async () => {
  const cache = await DiskCache.open(folder, 8_000)
  await cache.put(keyOf('large'), entryOf('x'.repeat(2_000)))
  expect([cache.entries, await cache.get(keyOf('large'))]).toEqual([0, undefined])
})

test('the bytes are those on disk, whatever is put, read and replaced', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 800 })), { maxLength: 25 }),
      async steps => {
        const own = await mkdtemp(join(folder, 'run-'))
        const cache = await DiskCache.open(own, 8_000)
        for (const [name, size] of steps) {
          if (size === 0) await cache.get(keyOf(`${name}`))
          else await cache.put(keyOf(`${name}`), entryOf('y'.repeat(size)))
          expect(cache.bytes).toBeLessThanOrEqual(8_000)
        }
        const again = await DiskCache.open(own, 8_000)
        expect([again.bytes, again.entries]).toEqual([cache.bytes, cache.entries])
      },
    ),
    { numRuns: 20 },
  )
})

test('a damaged entry is no answer: any changed or missing byte is noticed', () => {
  const whole = encodeEntry(entryOf('some text that matters'))
  expect(decodeEntry(whole)).toEqual(entryOf('some text that matters'))
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole)
    changed[at]! ^= 1
    expect(decodeEntry(changed)).toBeUndefined()
    expect(decodeEntry(whole.subarray(0, at))).toBeUndefined()
  }
})

test('a damaged file is removed, and what a killed process left unfinished too', async () => {
  const cache = await DiskCache.open(folder, 10_000)
  await cache.put(keyOf('a'), entryOf('hello'))
  const whole = await readFile(pathOf('a'))
  await writeFile(pathOf('a'), whole.subarray(0, -2))
  await writeFile(`${pathOf('a')}.0123456789ab.tmp`, 'half')
  const again = await DiskCache.open(folder, 10_000)
  expect(await again.get(keyOf('a'))).toBeUndefined()
  expect([again.counts.corrupted, again.bytes]).toEqual([1, 0])
  expect(await readdir(join(folder, keyOf('a').slice(0, 2)))).toEqual([])
})
