/** Real frames and repositories of the public network, each with what is known of it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MemoryBlockstore, MST, readCarWithRoot } from '@atproto/repo'
import { readCar } from '@frost/sync/car'
import { type CidLink, decodeCbor, decodeRecord } from '@frost/sync/cbor'
import { cidToText } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { type CommitMessage, decodeFrame } from '@frost/sync/frame'
import { parseDidDocument } from '@frost/sync/identity'
import { invertOps } from '@frost/sync/mst-inversion'
import { MissingBlockError, MstError } from '@frost/sync/mst-node'
import { walkTree } from '@frost/sync/mst-walk'
import { readSnapshot } from '@frost/sync/snapshot'
import { verifyCommit } from '@frost/sync/verify'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'
import { documentsOf, framesOf } from './corpus.ts'
import { frameOfJson } from './json-frames.ts'

const corpus = sharedPath('fixtures', 'jetstream-corpus')
const commits = sharedPath('fixtures', 'indigo', 'commits')
const repos = sharedPath('fixtures', 'indigo', 'repos')
const guard = { allowLoopbackHttp: false }

describe.skipIf(!corpus)('jetstream corpus', () => {
  it('150 real frames: every commit is verified, and its records are those that a Jetstream gave', () => {
    const frames = framesOf(corpus!)
    const documents = documentsOf(corpus!)
    const manifest = JSON.parse(readFileSync(join(corpus!, 'manifest.json'), 'utf8')) as {
      captured_at: string
      seq_first: number
      commit_frames: number
    }
    const now = Date.parse(manifest.captured_at)
    const found: string[] = []
    let verified = 0
    let previous = manifest.seq_first - 1
    for (const frame of frames) {
      const message = decodeFrame(frame)
      if (!('seq' in message) || message.seq === undefined) throw new Error(`frame of type ${message.type}`)
      expect(message.seq).toBe(++previous)
      if (message.type !== 'commit') continue
      const { key } = parseDidDocument(message.did, documents[message.did], guard)
      const commit = verifyCommit(message, key!, { now })
      verified++
      for (const { action, path, cid, bytes, malformed } of commit.operations) {
        expect(malformed).toBeUndefined()
        found.push(
          line(message.did, commit.rev, action, path, cid && cidToText(cid), bytes && decodeRecord(bytes)),
        )
      }
    }
    expect(frames.length).toBe(150)
    expect(verified).toBe(manifest.commit_frames)
    const expected = readFileSync(join(corpus!, 'expected_v1.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(text => JSON.parse(text) as JetstreamEvent)
      .filter(({ kind }) => kind === 'commit')
      .map(({ did, commit: c }) =>
        line(did, c.rev, c.operation, `${c.collection}/${c.rkey}`, c.cid, c.record),
      )
    expect(found.sort()).toEqual(expected.sort())
  })

  it('a whole repository in pieces of any size: its commit and every record', async () => {
    const told = readFileSync(join(corpus!, 'car_expected_commit.txt'), 'utf8')
    const of = (name: string) => new RegExp(`${name}: (\\S+)`).exec(told)?.[1]
    const records = readFileSync(join(corpus!, 'car_expected_records.tsv'), 'utf8').trim().split('\n')
    const car = readFileSync(join(corpus!, 'repo.car'))
    const did = of('DID')!
    for (const size of [1, 37, 1000, car.length]) {
      const open = () => inPieces(car, size)
      const snapshot = await readSnapshot(open, { did }, { ...everything, trusted: true })
      expect(snapshot).toMatchObject({ did, rev: of('Revision') })
      expect(cidToText(snapshot.data)).toBe(of('Data CID'))
      expect([...snapshot.records].map(([path, { cid }]) => `${path}\t${cidToText(cid)}`)).toEqual(records)
    }
  })
})

describe.skipIf(!commits)('indigo commits', () => {
  it('of the older protocol, without prevData: they are read, their writes lie in their trees, a resync is due', () => {
    const names = readdirSync(commits!)
    expect(names).toHaveLength(4)
    for (const name of names) {
      const body = JSON.parse(readFileSync(join(commits!, name), 'utf8')) as object
      const message = decodeFrame(frameOfJson({ op: 1, t: '#commit' }, body)) as CommitMessage
      const car = readCar(message.blocks)
      const commit = parseCommit(car.blocks.get(car.root)!)
      expect(car.root, name).toBe(message.commit)
      expect(commit, name).toMatchObject({ did: message.did, rev: message.rev })
      expect(message.previousData, name).toBeUndefined()
      for (const { path, cid } of message.operations) {
        if (cid === undefined) continue
        expect(decodeRecord(car.blocks.get(cid)!), path).toHaveProperty('$type')
        // Undone, a create leads to another root, unless its proof is too short; never is it said not to be in the tree.
        try {
          expect(invertOps(commit.data, car.blocks, [{ key: path, value: cid }])).not.toBe(commit.data)
        } catch (error) {
          expect(error).toBeInstanceOf(MissingBlockError)
        }
        expect(() => invertOps(commit.data, car.blocks, [{ key: `${path}x`, value: cid }])).toThrow(MstError)
      }
    }
  })
})

describe.skipIf(!repos)('indigo repositories', () => {
  it.each([
    ['greenground.repo.car', 3, 2],
    ['divy.repo', 2, 6],
    ['fakermaker.repo.car', 2, 142],
    ['paul_staging.repo.car', 2, 185],
    ['bafyreieovfuizojpw3zresz7sx3nk4trm2by23pt5rxbey3jme4uo5ogiu.car', 2, 6],
  ])(
    '%s: version %i, %i records in a canonical tree, as the reference counts them',
    async (name, version, count) => {
      const bytes = readFileSync(join(repos!, name))
      const car = readCar(bytes)
      const block = car.blocks.get(car.root)!
      const commit = decodeCbor(block) as { did: string; data: CidLink; version: number }
      expect(commit.version).toBe(version)
      const paths = [...walkTree(commit.data.cid, car.blocks)].map(({ key }) => key)
      const reference = await readCarWithRoot(bytes)
      const root = reference.blocks.cids().find(cid => String(cid) === String(commit.data))!
      const tree = MST.load(new MemoryBlockstore(reference.blocks), root)
      expect(paths).toEqual((await tree.leaves()).map(({ key }) => key))
      expect(paths).toHaveLength(count)
      // Repositories older than version 3 have no rev, and none is left on the network.
      const whole = readSnapshot(
        () => inPieces(bytes, 4096),
        { did: commit.did },
        { ...everything, trusted: true },
      )
      if (version === 3) expect((await whole).records.size).toBe(count)
      else await expect(whole).rejects.toThrow(`commit version ${version} is not 3`)
    },
  )

  it('repo_slice.car: a part is no repository', () => {
    const car = readCar(readFileSync(join(repos!, 'repo_slice.car')))
    const { data } = decodeCbor(car.blocks.get(car.root)!) as { data: CidLink }
    expect(() => [...walkTree(data.cid, car.blocks)]).toThrow(MissingBlockError)
  })
})

interface JetstreamEvent {
  readonly did: string
  readonly kind: string
  readonly commit: {
    readonly rev: string
    readonly operation: string
    readonly collection: string
    readonly rkey: string
    readonly cid?: string
    readonly record?: object
  }
}

function line(
  did: string,
  rev: string,
  action: string,
  path: string,
  cid: string | undefined,
  record: object | undefined,
): string {
  return [did, rev, action, path, cid, record && JSON.stringify(sorted(record))].join(' ')
}

/** The same value with its keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}

const everything = { collections: () => true, maxBytes: 1e9, now: Date.now() }

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
