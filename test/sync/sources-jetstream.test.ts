/** What a real Jetstream said of 150 real frames, and what else a Jetstream may say. */
import { readFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'
import type { CommitEvent } from '@frost/sync'
import { readCar } from '@frost/sync/car'
import { cidToText } from '@frost/sync/cid'
import { type CommitMessage, decodeFrame, type Frame, type FrameError } from '@frost/sync/frame'
import type { SourceSink } from '@frost/sync/source'
import { Jetstream, type JetstreamOptions } from '@frost/sync/sources/jetstream'
import { parseJetstreamEvent } from '@frost/sync/sources/jetstream-event'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'
import { JetstreamServer } from './jetstream-server.ts'

const corpus = sharedPath('fixtures', 'jetstream-corpus')
const NOW = Date.parse('2026-07-04T15:00:00Z')

/** Frames of the relay, each after its length in four bytes. */
function framesOf(folder: string): Frame[] {
  const bytes = zstdDecompressSync(readFileSync(`${folder}/frames.bin.zst`))
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at)
    frames.push(decodeFrame(bytes.subarray(at + 4, end)))
    at = end
  }
  return frames
}

const linesOf = (folder: string) => readFileSync(`${folder}/expected_v1.jsonl`, 'utf8').trim().split('\n')

/** What the frame itself says of its operations. */
function changesOf({ did, rev, blocks, operations }: CommitMessage): string[] {
  const car = readCar(blocks, { maxBlockBytes: 2_000_000 })
  return operations.map(({ action, path, cid }) => {
    const record =
      cid === undefined ? [] : [cidToText(cid), Buffer.from(car.blocks.get(cid)!).toString('hex')]
    return [did, rev, action, path, ...record].join(' ')
  })
}

function saidBy({ did, rev, changes }: CommitEvent): string[] {
  return changes.map(({ action, collection, rkey, cid, bytes }) => {
    const record = cid === undefined ? [] : [cid, Buffer.from(bytes!).toString('hex')]
    return [did, rev, action, `${collection}/${rkey}`, ...record].join(' ')
  })
}

/** Keeps what a source tells. */
class Told implements SourceSink {
  readonly commits: { event: CommitEvent; seq: number }[] = []
  readonly others: { type: string; seq?: number | undefined }[] = []
  readonly rejections: FrameError[] = []
  readonly gaps: string[] = []
  readonly waits: number[] = []
  from: number | undefined
  onNews: () => void = () => undefined

  cursor = () => this.from
  message = (message: { type: string; seq: number }) => this.#add(this.others, message)
  trusted = (event: CommitEvent, seq: number) => this.#add(this.commits, { event, seq })
  snapshot = () => expect.unreachable()
  account = () => expect.unreachable()
  rejected = (error: FrameError) => this.#add(this.rejections, error)
  other = (frame: { type: string }) => this.#add(this.others, frame)
  gap = (kind: string) => this.#add(this.gaps, kind)
  connected = () => this.onNews()
  failed = (_: unknown, wait: number) => this.#add(this.waits, wait)
  ended = () => expect.unreachable()

  #add<T>(list: T[], item: T): void {
    list.push(item)
    this.onNews()
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>(resolve => {
        this.onNews = resolve
      })
  }
}

async function reading(
  server: JetstreamServer,
  told: Told,
  options: Partial<JetstreamOptions>,
  work: () => Promise<void>,
): Promise<void> {
  const source = new Jetstream(server.url, {
    allowLoopbackHttp: true,
    minWait: 10,
    now: () => NOW,
    ...options,
  })
  source.start(told)
  try {
    await work()
  } finally {
    await source.stop()
  }
}

describe.skipIf(!corpus)('the recorded Jetstream', () => {
  it('says of every frame what the frame says, each record encoding to its CID', () => {
    const frames = framesOf(corpus!)
    const events = linesOf(corpus!).map(line => parseJetstreamEvent(line, NOW))
    const commits = events.filter(event => event.type === 'commit').map(({ event }) => event)
    const fromFrames = frames.filter(frame => frame.type === 'commit').flatMap(changesOf)
    expect(fromFrames).toHaveLength(150)
    expect(commits.flatMap(saidBy).sort()).toEqual([...fromFrames].sort())
    expect(commits.some(({ changes }) => changes.some(({ malformed }) => malformed))).toBe(false)
    for (const type of ['identity', 'account'] as const) {
      const dids = (list: readonly { type: string }[]) =>
        list.filter(item => item.type === type).map(item => (item as { did?: string }).did)
      expect(dids(events)).toEqual(dids(frames))
      expect(dids(frames)).toHaveLength(1)
    }
  })

  it.each(['plain', 'zstd'])(
    'reads the same over the wire, %s, with a cursor that never falls',
    async how => {
      const lines = linesOf(corpus!)
      const dictionary = how === 'zstd' ? Buffer.from(lines.slice(0, 20).join('')) : undefined
      await using server = await JetstreamServer.start({ ...(dictionary && { dictionary }) })
      for (const line of lines) server.append(JSON.parse(line))
      const told = new Told()
      const most = Math.max(...lines.map(line => JSON.parse(line).time_us as number))
      await reading(server, told, { from: 0, ...(dictionary && { dictionary }) }, () =>
        told.until(() => told.commits.length + told.others.length === lines.length),
      )
      expect(server.asked[0]!.get('compress')).toBe(how === 'zstd' ? 'true' : null)
      expect(told.rejections).toEqual([])
      const expected = lines.map(line => parseJetstreamEvent(line, NOW))
      expect(told.commits.map(({ event }) => saidBy(event))).toEqual(
        expected.flatMap(event => (event.type === 'commit' ? [saidBy(event.event)] : [])),
      )
      const seqs = told.commits.map(({ seq }) => seq)
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
      expect(seqs.at(-1)).toBeLessThanOrEqual(most)
    },
  )

  it('falls back to uncompressed events where the dictionary is another', async () => {
    const lines = linesOf(corpus!).slice(0, 10)
    await using server = await JetstreamServer.start({ dictionary: Buffer.from(lines.join('')) })
    for (const line of lines) server.append(JSON.parse(line))
    const told = new Told()
    const dictionary = Buffer.from('another dictionary than the one with which the server compresses')
    await reading(server, told, { from: 0, dictionary }, () => told.until(() => told.commits.length === 10))
    expect(told.rejections.map(({ reason }) => reason)).toContain('jetstream-zstd')
    expect(server.asked.map(query => query.get('compress'))).toEqual(['true', null])
  })

  it('is asked for what comes after the cursor, and a little of what came before', async () => {
    await using server = await JetstreamServer.start()
    const lines = linesOf(corpus!)
    for (const line of lines) server.append(JSON.parse(line))
    const told = new Told()
    told.from = JSON.parse(lines[70]!).time_us as number
    const collectionNames = ['app.bsky.feed.like', 'app.bsky.feed.post']
    await reading(server, told, { rewind: 1000, collectionNames }, async () => {
      await told.until(() => told.commits.length > 0)
      server.disconnect()
      await told.until(() => server.asked.length === 2)
    })
    expect(server.asked.map(query => query.get('cursor'))).toEqual(Array(2).fill(String(told.from - 1000)))
    expect(server.asked[0]!.getAll('wantedCollections')).toEqual(collectionNames)
    const collections = new Set(told.commits.map(({ event }) => event.changes[0]!.collection))
    expect([...collections].sort()).toEqual(collectionNames)
  })
})

describe('a Jetstream', () => {
  it('has events missing where the cursor is older than what it keeps', async () => {
    await using server = await JetstreamServer.start()
    const told = new Told()
    told.from = (NOW - 25 * 3_600_000) * 1000
    await reading(server, told, {}, () => told.until(() => told.gaps.length === 1))
    expect(told.gaps).toEqual(['outdated'])
  })

  it('is not asked for a list of collections longer than it takes', async () => {
    await using server = await JetstreamServer.start()
    const told = new Told()
    const collectionNames = Array.from({ length: 101 }, (_, index) => `org.example.thing${index}`)
    await reading(server, told, { collectionNames }, () => told.until(() => server.asked.length === 1))
    expect(server.asked[0]!.getAll('wantedCollections')).toEqual([])
  })
})

describe('one event of a Jetstream', () => {
  const commit = {
    rev: '3mptbypluud2a',
    operation: 'create',
    collection: 'org.example.thing',
    rkey: 'a',
    record: { $type: 'org.example.thing', n: 1 },
    cid: 'bafyreib7jorvdlotpqhjgkhw3pnxhbsksmylzwvmhpjcxspqy2a6v6xbgy',
  }
  const line = (changes: object, inCommit: object = {}) =>
    JSON.stringify({
      did: 'did:plc:wq4aajammjtxdomz3e23667t',
      time_us: NOW * 1000,
      kind: 'commit',
      commit: { ...commit, ...inCommit },
      ...changes,
    })

  it.each([
    ['no JSON', '{', /not JSON/],
    ['a list', '[]', /time_us/],
    ['null', 'null', /time_us/],
    ['no DID', line({ did: 'ada' }), /did/],
    ['a time beyond whole numbers', line({ time_us: 2 ** 60 }), /time_us/],
    ['a time from the future', line({ time_us: (NOW + 600_000) * 1000 }), /5 minutes ahead/],
    ['a rev from the future', line({}, { rev: '7zzzzzzzzzzzz' }), /commit\.rev/],
    ['an unknown operation', line({}, { operation: 'truncate' }), /commit\.operation/],
    ['a path out of the repository', line({}, { rkey: '../x' }), /commit\.rkey/],
    ['no CID', line({}, { cid: undefined }), /commit\.cid/],
    ['no commit', line({ commit: null }), /commit/],
    ['an account that is neither', line({ kind: 'account', account: { active: 'yes' } }), /account\.active/],
  ])('with %s is refused', (_, text, message) => {
    expect(() => parseJetstreamEvent(text, NOW)).toThrow(message)
  })

  it.each([
    ['is another', {}],
    ['holds a fraction', { record: { n: 0.5 } }],
    ['is no map', { record: ['a'] }],
    ['is absent', { record: undefined }],
    ['nests too deep', { record: JSON.parse(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`) }],
    ['holds a broken link', { record: { a: { $link: 'bafynothing' } } }],
  ])('whose record %s is malformed and has no bytes', (_, changes) => {
    const event = parseJetstreamEvent(line({}, changes), NOW)
    expect(event).toMatchObject({
      type: 'commit',
      event: { changes: [{ cid: commit.cid, bytes: new Uint8Array(0), malformed: true }] },
    })
  })

  it('of an unknown kind is told as such', () => {
    expect(parseJetstreamEvent(line({ kind: 'sync' }), NOW)).toMatchObject({ type: 'unknown', name: 'sync' })
  })

  it('is read or refused with a FrameError, whatever it is', () => {
    const anything = fc.oneof(
      fc.json(),
      fc.object().map(value => line(value)),
      fc.object().map(value => line({}, value)),
    )
    fc.assert(
      fc.property(anything, text => {
        try {
          parseJetstreamEvent(text, NOW)
        } catch (error) {
          expect((error as Error).name).toBe('FrameError')
        }
      }),
    )
  })
})
