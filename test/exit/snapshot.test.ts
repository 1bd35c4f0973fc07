/** What one AppView gives of what it holds, and another that begins with it. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AppView, type AppViewConfig, startAppview } from '@frost/appview'
import { nsid } from '@frost/lexicon'
import { readBundle, writeBundle } from '@frost/sync/bundle'
import { writeCar } from '@frost/sync/car-writer'
import { cidOfBlock } from '@frost/sync/cid'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { askXrpc, newAccount, putRecord, type Stand, stand, until } from '../stand.ts'
import { entry, entryUri, furnish } from './account.ts'

const PASSWORD = 'operators-of-the-first'

const lengthOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0

interface Answer {
  readonly seq: number
  readonly since?: number
  readonly expiresAt: string
  readonly files: {
    name: string
    url: string
    size: string
    digest: { algorithm: string; value: string }
  }[]
}

type SnapshotSource = NonNullable<AppViewConfig['beginWith']>[number]
type Author = Awaited<ReturnType<typeof newAccount>>

describe('an AppView that begins with the snapshot of another', { timeout: 60_000 }, () => {
  let world: Stand
  let folder: string
  let ada: Author
  let bob: Author
  let eve: Author
  /** Of an account on a host that dies. */
  let lost: Author
  let old: { readonly path: string; readonly answer: Answer; readonly files: Map<string, Buffer> }
  const started: AppView[] = []

  beforeAll(async () => {
    world = await stand({
      network: { pdses: ['living', 'dying'].map(name => ({ name, domain: `${name}.test` })) },
      appview: { adminPassword: PASSWORD },
    })
    folder = mkdtempSync(join(tmpdir(), 'frost-snapshot-'))
    ada = await newAccount(world.network, 'ada-snaps', 'living')
    bob = await newAccount(world.network, 'bob-snaps', 'living')
    eve = await newAccount(world.network, 'eve-snaps', 'living')
    lost = await newAccount(world.network, 'lost-snaps', 'dying')
    for (const made of [ada, bob, eve, lost]) await furnish(made)
    await holds([ada, bob, eve, lost].map(({ did }) => entryUri(did, 'waves')))
    old = await kept('old')
  }, 60_000)
  afterEach(async () => {
    for (const appview of started.splice(0)) await appview.stop()
  })
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  const rows = (appview: AppView) =>
    appview.services.index.database.selectFrom('record').select(['uri', 'visible'])
  const holds = (uris: readonly string[]) =>
    world.until(
      () => rows(world.appview).where('uri', 'in', uris).execute(),
      found => found.length === uris.length,
    )
  const operator = { Authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` }
  const listing = async (query = 'edition=car') => {
    const url = `${world.appview.url}/xrpc/${nsid('service.exportSnapshot')}?${query}`
    return (await (await fetch(url, { headers: operator })).json()) as Answer
  }

  /** The operators' edition as it is now, kept in a folder. */
  async function kept(name: string, query?: string) {
    const path = join(folder, name)
    mkdirSync(path)
    const answer = await listing(query)
    const files = new Map<string, Buffer>()
    for (const file of answer.files) {
      files.set(file.name, Buffer.from(await (await fetch(file.url)).arrayBuffer()))
      writeFileSync(join(path, file.name), files.get(file.name)!)
    }
    writeFileSync(join(path, 'snapshot.json'), JSON.stringify(answer))
    return { path, answer, files }
  }

  async function begin(
    from: string | SnapshotSource | readonly SnapshotSource[],
    more: Partial<AppViewConfig> = {},
  ): Promise<AppView> {
    const appview = await startAppview({
      host: '127.0.0.1',
      port: 0,
      dataDir: mkdtempSync(join(folder, 'appview-')),
      upstreams: [world.network.relayUrl],
      plcUrl: world.network.plcUrl,
      requestsPerWindow: 0,
      logLevel: 'silent',
      beginWith: typeof from === 'string' ? [{ source: from }] : [from].flat(),
      ...more,
    })
    started.push(appview)
    return appview
  }

  const digests = async (appview: AppView) =>
    (await askXrpc<{ digests: Record<string, string> }>(appview.url, 'service.describeService', {})).digests
  const shown = async (appview: AppView, uri: string) =>
    (await askXrpc<{ entries: unknown[] }>(appview.url, 'dataset.getEntries', { uris: [uri] })).entries
      .length === 1

  it('knows the same from its first answer on, and goes on from the firehose', async () => {
    const appview = await begin({ source: world.appview.url, password: PASSWORD })
    expect(appview.seeded).toEqual([{ source: world.appview.url, seq: old.answer.seq, taken: 4, refused: 0 }])
    expect(await digests(appview)).toEqual(await digests(world.appview))
    expect(appview.services.consumer.status().counters).toMatchObject({
      restored: 4,
      // Of one host the list told, of the other, which has a single account, its head was asked.
      'resync.listed': 3,
      'resync.unchanged': 1,
    })
    const uri = entryUri(ada.did, 'later')
    await putRecord(ada, 'dataset.entry', 'later', entry('later'))
    await until(
      appview.services.index,
      () => rows(appview).where('uri', '=', uri).executeTakeFirst(),
      row => row !== undefined,
    )
    // The commit followed the restored head: nothing was fetched.
    expect(appview.services.consumer.status().counters['resync.fetched']).toBeUndefined()
    await holds([uri])
    expect(await digests(appview)).toEqual(await digests(world.appview))
    // What it holds proves its records as that of the first does.
    const proof = await fetch(`${appview.url}/xrpc/${nsid('service.getRepository')}?did=${lost.did}`)
    expect(proof.status).toBe(200)
  })

  it('shows nothing from its first answer on that was withdrawn since', async () => {
    const uri = entryUri(bob.did, 'withdrawn')
    await putRecord(bob, 'dataset.entry', 'withdrawn', entry('withdrawn'))
    await holds([uri, entryUri(eve.did, 'sst')])
    const { path } = await kept('before', `edition=car&since=${old.answer.seq}`)
    const whole = await kept('whole')
    await bob.agent.com.atproto.repo.deleteRecord({
      repo: bob.did,
      collection: nsid('dataset.entry'),
      rkey: 'withdrawn',
    })
    await eve.agent.com.atproto.server.deactivateAccount({})
    for (const snapshot of [path, whole.path]) {
      const appview = await begin(snapshot)
      expect(await shown(appview, uri)).toBe(false)
      expect(await shown(appview, entryUri(eve.did, 'sst'))).toBe(false)
      expect(await shown(appview, entryUri(bob.did, 'sst'))).toBe(true)
    }
    await eve.agent.com.atproto.server.activateAccount()
  })

  it('takes no older state for a newer one, nor what it took in before once more', async () => {
    const appview = await begin(old.path)
    const { dataDir } = appview.services.config
    const before = await digests(appview)
    await appview.stop()
    started.splice(0)
    const again = await begin(old.path, { dataDir })
    expect(again.seeded).toEqual([])
    await again.stop()
    started.splice(0)
    // Under another name it is another snapshot: nothing in it is new.
    const copy = await kept('copy')
    const other = await begin(copy.path, { dataDir })
    expect(other.seeded).toMatchObject([{ refused: 0 }])
    expect(await digests(other)).toEqual(before)
    expect(await other.services.index.check()).toMatchObject({ tallies: [], projections: [] })
  })

  describe('that is forged', () => {
    /** The old snapshot with another list. */
    const altered = (change: (answer: Answer) => unknown, name: string) => {
      const path = mkdtempSync(join(folder, 'forged-'))
      const answer = structuredClone(old.answer)
      change(answer)
      writeFileSync(join(path, 'snapshot.json'), JSON.stringify(answer))
      for (const [file, bytes] of old.files) writeFileSync(join(path, file), bytes)
      return { path, name }
    }

    it('in any byte of a file is refused, with the name of the file', async () => {
      const { path } = altered(() => undefined, 'bytes')
      const [name, bytes] = [...old.files][0]!
      const forged = Buffer.from(bytes)
      forged[forged.length >> 1]! ^= 1
      writeFileSync(join(path, name), forged)
      await expect(begin(path)).rejects.toThrow(`${name} has the SHA-256`)
    })

    it('in a file that is no bundle, though its digest fits, is refused', async () => {
      const { path } = altered(answer => redigested(answer, Buffer.from('no bundle')), 'none')
      writeFileSync(join(path, [...old.files.keys()][0]!), 'no bundle')
      await expect(begin(path)).rejects.toThrow(/CAR/)
    })

    it('in each kind of block, though every digest fits, loses the repository to its own host', async () => {
      const [name, bytes] = [...old.files][0]!
      const { accounts, blocks } = readBundle(bytes)
      const owned = accounts.find(({ did }) => did === ada.did)!
      const isOf = (block: Uint8Array, text: string) => Buffer.from(block).includes(text)
      const commit = [...blocks].find(([cid]) => cid === owned.commit)!
      const record = [...blocks].find(([, block]) => isOf(block, 'About sst'))!
      const rest = [...blocks].filter(([cid]) => cid !== record[0] && cid !== commit[0])
      const forgedRecord = Buffer.from(record[1])
      forgedRecord.write('Bogus sst', forgedRecord.indexOf('About sst'))
      const forgedCommit = Buffer.from(commit[1])
      forgedCommit[forgedCommit.length - 1]! ^= 1
      const forgedCid = cidOfBlock(forgedCommit)
      const bundles: [RegExp, Buffer][] = [
        [
          /not among the blocks/,
          writeBundle(accounts, [commit, ...rest, [cidOfBlock(forgedRecord), forgedRecord]]),
        ],
        [
          /version|not signed|CBOR/,
          writeBundle(
            accounts.map(one => (one.did === ada.did ? { ...one, commit: forgedCid } : one)),
            [[forgedCid, forgedCommit], record, ...rest],
          ),
        ],
        [
          /its commit is of/,
          writeBundle(
            accounts.map(one =>
              one.did === ada.did
                ? { ...one, commit: accounts.find(({ did }) => did === bob.did)!.commit! }
                : one,
            ),
            blocks,
          ),
        ],
        [/not among/, writeBundle(accounts, [commit, record])],
      ]
      for (const [reason, forged] of bundles) {
        const { path } = altered(answer => redigested(answer, forged), 'blocks')
        writeFileSync(join(path, name), forged)
        const errors: string[] = []
        const warn = process.stdout.write
        process.stdout.write = ((text: string) => Boolean(errors.push(String(text)))) as never
        let appview: AppView
        try {
          appview = await begin(path, { logLevel: 'warn' })
        } finally {
          process.stdout.write = warn
        }
        expect(appview.seeded[0]!.refused).toBeGreaterThan(0)
        expect(errors.join('')).toMatch(reason)
        expect(await digests(appview)).toEqual(await digests(world.appview))
      }
      expect(() => readBundle(writeCar(commit[0], blocks))).toThrow()
    })

    const redigested = (answer: Answer, bytes: Buffer) =>
      Object.assign(answer.files[0]!, {
        size: String(bytes.length),
        digest: { algorithm: 'sha-256', value: createHash('sha256').update(bytes).digest('hex') },
      })
  })

  it('goes on with a download where it broke off, and says why one cannot be had', async () => {
    const [name, bytes] = [...old.files][0]!
    const asked: (string | undefined)[] = []
    const dataDir = mkdtempSync(join(folder, 'far-'))
    const server = createServer((request, response) => {
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      asked.push(request.headers.range)
      if (request.url !== `/${name}`) return response.writeHead(404).end()
      const part = bytes.subarray(from, from + Math.ceil(bytes.length / 3))
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': bytes.length - from,
        ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
      })
      response.write(part)
      // Cut off once it has arrived.
      const look = () => {
        if (from + part.length === bytes.length) response.end()
        else if (lengthOf(join(dataDir, 'seed', `${name}.part`)) < from + part.length) setImmediate(look)
        else response.socket!.end()
      }
      look()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      const list = (url: string) => {
        const path = join(mkdtempSync(join(folder, 'far-')), 'snapshot.json')
        writeFileSync(path, JSON.stringify({ ...old.answer, files: [{ ...old.answer.files[0], url }] }))
        return path
      }
      const appview = await begin(list(`${origin}/${name}`), { dataDir })
      expect(appview.seeded).toMatchObject([{ taken: 4, refused: 0 }])
      expect(asked).toHaveLength(3)
      expect(asked.slice(1).every(range => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true)
      const goneDir = mkdtempSync(join(folder, 'gone-'))
      await expect(begin(list(`${origin}/gone.car`), { dataDir: goneDir })).rejects.toThrow(
        /no longer there.*ask for a new one/,
      )
      // Nor does the next start go on with it.
      expect(existsSync(join(goneDir, 'seed'))).toBe(false)
    } finally {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
    await expect(begin(world.appview.url)).rejects.toThrow(/401.*FROST_SNAPSHOT_PASSWORD/)
    await expect(begin(join(folder, 'nowhere'))).rejects.toThrow(/cannot be read/)
  })

  it('of several the newest state of each repository counts, in any order, also of a host that is gone', async () => {
    const { seq } = await world.appview.services.index.status()
    const [withdrawn, late] = ['waves', 'late'].map(name => entryUri(lost.did, name))
    await lost.agent.com.atproto.repo.deleteRecord({
      repo: lost.did,
      collection: nsid('dataset.entry'),
      rkey: 'waves',
    })
    await putRecord(lost, 'dataset.entry', 'late', entry('late'))
    await holds([late!])
    const newer = await kept('newer', `edition=car&since=${seq}`)
    await world.network.pds('dying').stop()
    for (const paths of [
      [old.path, newer.path],
      [newer.path, old.path],
    ]) {
      const appview = await begin(paths.map(source => ({ source })))
      expect(appview.seeded).toMatchObject(paths.map(source => ({ source, refused: 0 })))
      expect([await shown(appview, withdrawn!), await shown(appview, late!)]).toEqual([false, true])
    }
  })

  it('serves what is in it of a host that is gone, as long as nobody knows better', async () => {
    await world.network.pds('dying').stop()
    const appview = await begin(old.path)
    expect(await shown(appview, entryUri(lost.did, 'sst'))).toBe(true)
    expect(readFileSync(join(old.path, 'snapshot.json')).length).toBeGreaterThan(0)
  })
})
