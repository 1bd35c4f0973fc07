import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import * as zarrita from 'zarrita'
import type { IndexRange } from '../../../packages/reader/src/dataset.ts'
import { ReaderError } from '../../../packages/reader/src/errors.ts'
import { collect } from '../../../packages/reader/src/formats/arrays/oracle.ts'
import { readSnapshot } from '../../../packages/reader/src/formats/icechunk/snapshot.ts'
import { localObjects } from '../../../packages/reader/src/objects/local.ts'
import type { Objects } from '../../../packages/reader/src/objects.ts'
import { officialIcechunk } from './official.ts'
import {
  create,
  judgedView,
  openAt,
  viewOf,
  type Written,
  write,
  writeArray,
  writeValues,
} from './repositories.ts'

const official = officialIcechunk()

describe.skipIf(official === undefined).each([1, 2] as const)(
  'a repository of version %i that the official library wrote',
  specification => {
    let written: Written

    beforeAll(async () => {
      written = await write(official!, specification)
    })

    it('has its values at every branch, tag and snapshot', async () => {
      const { folder, repository, commits, side } = written
      const pins = [
        ['branch:main', { branch: 'main' }],
        ['branch:side', { branch: 'side' }],
        ['tag:v1', { tag: 'v1' }],
        ['tag:it works!', { tag: 'it works!' }],
        ...[...commits, side].map(id => [`snapshot:${id}`, { snapshotId: id }] as const),
      ] as const
      for (const [pin, version] of pins)
        expect([pin, await viewOf(await openAt(folder, pin))]).toEqual([
          pin,
          await judgedView(repository, version),
        ])
      expect(await viewOf(await openAt(folder))).toEqual(await judgedView(repository, { branch: 'main' }))
    })

    it('has its history, newest first, with branches and tags', async () => {
      const { folder, repository, commits, side } = written
      const { versions, formatVersion, attributes } = await (await openAt(folder)).describe()
      expect(formatVersion).toBe(String(specification))
      expect(attributes).toEqual({ title: 'test', big: 1 })
      const judged = await repository.ancestry({ branch: 'main' })
      const own = versions!.filter(({ id }) => id !== side)
      expect(own.map(({ id, parent, message }) => [id, parent, message])).toEqual(
        judged.slice(0, own.length).map(({ id, parentId, message }) => [id, parentId, message]),
      )
      expect(own.length).toBe(specification === 1 ? 3 : 4)
      expect(own.map(({ committedAt }) => committedAt)).toEqual(
        judged.slice(0, own.length).map(({ writtenAt }) => new Date(writtenAt).toISOString()),
      )
      const refs = Object.fromEntries(versions!.flatMap(({ id, refs }) => (refs ?? []).map(ref => [ref, id])))
      expect(refs).toMatchObject({ 'branch:main': commits[2] })
      if (specification === 2)
        expect(refs).toEqual({
          'branch:main': commits[2],
          'branch:side': side,
          'tag:v1': commits[0],
          'tag:it works!': commits[1],
        })
    })

    it('says what changed between two versions as the library does', async () => {
      const { folder, repository, commits } = written
      const dataset = await openAt(folder)
      for (const [from, to] of [
        [0, 1],
        [1, 2],
        [0, 2],
      ] as const) {
        const judged = await repository.diff({ fromSnapshotId: commits[from]!, toSnapshotId: commits[to]! })
        const found = await dataset.diff!(`snapshot:${commits[from]}`, `snapshot:${commits[to]}`)
        const bare = (paths: readonly string[]) => paths.map(path => path.slice(1)).sort()
        expect([...found.added].sort()).toEqual(bare([...judged.newArrays, ...judged.newGroups]))
        expect([...found.removed].sort()).toEqual(bare([...judged.deletedArrays, ...judged.deletedGroups]))
        const chunks = Object.fromEntries(
          found.changed.flatMap(({ path, chunks }) => (chunks ? [[`/${path}`, chunks]] : [])),
        )
        const judgedChunks = Object.entries(judged.updatedChunks).filter(
          ([path]) => !judged.newArrays.includes(path),
        )
        expect(chunks).toEqual(
          Object.fromEntries(judgedChunks.map(([path, places]) => [path, places.length])),
        )
        expect(
          found.changed
            .filter(({ metadata }) => metadata)
            .map(({ path }) => path)
            .sort(),
        ).toEqual(bare([...judged.updatedArrays, ...judged.updatedGroups]))
      }
    })

    it('compares chunk references between branches', async () => {
      const { folder } = written
      const found = await (await openAt(folder)).diff!('branch:side', 'branch:main')
      expect(found).toMatchObject({ removed: ['side', 'tiny'], added: ['group/added'] })
      // All 14 × 2 chunks of 'split' were written again, one of 'temperature' was deleted.
      expect(Object.fromEntries(found.changed.map(({ path, chunks }) => [path, chunks]))).toEqual({
        'group/temperature': 1,
        split: 28,
      })
    })

    it('costs what was estimated, for any selection', async () => {
      const { folder } = written
      const counted = { requests: 0, bytes: 0 }
      const inner = localObjects(folder)
      const objects: Objects = {
        name: inner.name,
        async get(path, options) {
          const bytes = await inner.get(path, options)
          counted.requests++
          counted.bytes += bytes?.length ?? 0
          return bytes
        },
        async getRange(path, start, end, options) {
          const ranged = await inner.getRange(path, start, end, options)
          counted.requests++
          counted.bytes += ranged?.bytes.length ?? 0
          return ranged
        },
      }
      const { nodes } = await readSnapshot(inner, written.commits[2]!, {})
      expect(nodes.find(({ path }) => path === 'split')!.manifests.length).toBeGreaterThan(3)
      const dataset = await openAt(objects)
      const judged = (await judgedView(written.repository, { branch: 'main' })).split!.values
      await fc.assert(
        fc.asyncProperty(
          fc.nat(39),
          fc.nat(40),
          fc.integer({ min: 1, max: 9 }),
          fc.nat(5),
          async (start, length, step, column) => {
            const ranges: IndexRange[] = [
              { start, end: Math.min(40, start + length), step },
              { start: column, end: 6, step: 1 },
            ]
            const estimated = await dataset.estimate('split', ranges)
            Object.assign(counted, { requests: 0, bytes: 0 })
            const { values } = await collect(dataset, 'split', ranges)
            expect(counted).toEqual(estimated)
            const expected: unknown[] = []
            for (let row = ranges[0]!.start; row < ranges[0]!.end; row += step)
              expected.push(...judged.slice(row * 6 + column, row * 6 + 6))
            expect(values).toEqual(expected)
          },
        ),
        { numRuns: 40 },
      )
    })

    it('is the same byte for byte at a snapshot after new commits to its branch', async () => {
      const { folder, repository, commits } = written
      const pin = `snapshot:${commits[1]}`
      const bytesOf = async () => {
        const dataset = await openAt(folder, pin)
        const { cost, ...description } = await dataset.describe()
        return JSON.stringify([description, await viewOf(dataset)])
      }
      const before = await bytesOf()
      for (const round of [1, 2])
        commits.push(
          await create(repository, 'main', `later ${round}`, async store => {
            await writeArray(store, `/later${round}`, [4], [2], round)
            const array = await zarrita.open(zarrita.root(store).resolve('/split'), { kind: 'array' })
            await writeValues(array as never, [40, 6], 1000 * round)
          }),
        )
      await repository.createTag('later', commits.at(-1)!)
      expect(await bytesOf()).toBe(before)
      expect(Object.keys(await viewOf(await openAt(folder)))).toContain('later2')
    })

    it('refuses versions that are not there, by name', async () => {
      const { folder } = written
      await expect(openAt(folder, 'tag:gone')).rejects.toMatchObject({
        code: 'NotFound',
        message: expect.stringContaining('deleted'),
      })
      await expect(openAt(folder, 'branch:nowhere')).rejects.toMatchObject({
        code: 'NotFound',
        message: expect.stringContaining('branch:main'),
      })
      await expect(openAt(folder, 'snapshot:00000000000000000000')).rejects.toMatchObject({
        code: 'NotFound',
      })
      await expect(openAt(folder, 'snapshot:../../../etc/passwd')).rejects.toMatchObject({
        code: 'InvalidSelection',
      })
      await expect(openAt(folder, 'main')).rejects.toMatchObject({ code: 'InvalidSelection' })
    })

    it('never answers broken bytes by anything but an error that says so', async () => {
      const { folder } = written
      const objects = localObjects(folder)
      const seen = new Set<string>()
      const documents = new Map<string, Uint8Array>()
      const remembering: Objects = {
        ...objects,
        async get(path, options) {
          const bytes = await objects.get(path, options)
          if (bytes && /^(repo$|snapshots|manifests|transactions)/.test(path)) documents.set(path, bytes)
          return bytes
        },
      }
      const whole = await openAt(remembering)
      await viewOf(whole)
      await whole.diff!('tag:v1', 'branch:main')
      const paths = [...documents.keys()]
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...paths),
          fc.array(fc.record({ at: fc.nat(100_000), byte: fc.nat(255) }), { minLength: 1, maxLength: 6 }),
          fc.option(fc.nat(100_000)),
          async (path, changes, cut) => {
            const original = documents.get(path)!
            let data = Buffer.from(zstdDecompressSync(original.subarray(39)))
            for (const { at, byte } of changes) data[at % data.length] = byte
            if (cut !== null) data = data.subarray(0, cut % data.length)
            const changed = Uint8Array.from(Buffer.concat([original.subarray(0, 39), zstdCompressSync(data)]))
            const hostile: Objects = {
              ...objects,
              get: async (at, options) => (at === path ? changed : objects.get(at, options)),
            }
            try {
              const dataset = await openAt(hostile)
              await viewOf(dataset)
              await dataset.diff!('tag:v1', 'branch:main')
            } catch (error) {
              if (!(error instanceof ReaderError)) throw error
              seen.add(error.code)
            }
          },
        ),
        { numRuns: 80 },
      )
      expect(seen).toContain('Corrupt')
    }, 60_000)
  },
)
