/** IceHub dies at a random moment while everybody writes, with random last words; what must be left of it on IceBucket. */
import assert from 'node:assert/strict'
import { createReadStream, mkdtempSync } from 'node:fs'
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { AtpAgent } from '@atproto/api'
import { type AppView, startAppview } from '@frost/appview'
import { accountKeys } from '@frost/client/account/account-keys'
import { appviewSource } from '@frost/client/account/appview-source'
import { newestBackup } from '@frost/client/account/backup'
import { backUpAccount } from '@frost/client/account/backup-account'
import { createAccount } from '@frost/client/account/own-key'
import { recoverAccount } from '@frost/client/account/recover'
import { readRepository } from '@frost/client/account/repository-car'
import { backupSource, type Source } from '@frost/client/account/source'
import type { Settings } from '@frost/client/settings'
import { nsid } from '@frost/lexicon'
import { newAccount, type Stand, stand, until } from '../../stand.ts'
import { below, randomOf } from '../../sync/random.ts'
import { settingsFor } from '../account.ts'
import { differing, everything } from './answers.ts'
import { Commons, stateAt, Writer } from './writers.ts'

/** For an AppView to come from nothing to all of it, in milliseconds. */
const PATIENCE = 60_000

export interface Told {
  readonly writes: number
  readonly lastWords: string
  readonly questions: number
  /** Writes that the backup did not hold, of the one who came back by it. */
  readonly lost: number
}

interface Person {
  readonly writer: Writer
  readonly settings: Settings
}

/** @throws Error that says what is missing, and where */
export async function killStory(seed: number, log: (line: string) => void = () => {}): Promise<Told> {
  await using stack = new AsyncDisposableStack()
  const random = randomOf(seed)
  const folder = mkdtempSync(join(tmpdir(), 'frost-kill-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const world = stack.use(
    await stand({
      network: { pdses: ['icebucket', 'icehub'].map(name => ({ name, domain: `${name}.test` })) },
      appview: { hostSeconds: 1, hostPatienceSeconds: 1 },
    }),
  )
  const { network } = world
  const commons = new Commons()
  const ocean = new Writer(await newAccount(network, 'ocean', 'icebucket'), commons, randomOf(seed + 1))
  const nasa: Person[] = []
  for (const [place, label] of ['space', 'rocket'].entries())
    nasa.push(await keyHolder(world, label, commons, randomOf(seed + 2 + place)))
  // Somebody at IceHub who has no key, and never comes back.
  const left = new Writer(await newAccount(network, 'left', 'icehub'), commons, randomOf(seed + 9))
  const hubWriters = nasa.map(({ writer }) => writer)
  const writers = [...hubWriters, ocean]

  for (const writer of [...writers, left]) await writer.begin()
  for (let n = 0; n < 12; n++) await left.write()
  const archives = join(folder, 'archives')
  const kept = await backUpAccount(left.author.did, settingsFor(network), { folder: join(folder, 'left') })
  await mkdir(archives)
  await copyFile(join(kept.folder, `${kept.backup.rev}.car`), join(archives, 'left.car'))

  // Everybody writes until IceHub is gone; IceBucket's people stop then.
  const most = 20 + below(random, 40)
  const backupAt = below(random, most)
  const words = ['nothing', 'deleted', 'deactivated'][below(random, 3)]!
  log(`kill at write ${most}, backup at ${backupAt}, last words: ${words}`)
  let done = 0
  let isOver = false
  const reached = Promise.withResolvers<void>()
  const space = nasa[0]!
  let backup: Promise<unknown> | undefined
  const work = writers.map(async writer => {
    while (!isOver) {
      await writer.write()
      done++
      if (done >= backupAt) backup ??= backUpAccount(space.writer.author.did, space.settings)
      if (done >= most) reached.resolve()
    }
  })
  const ended = Promise.allSettled(work)
  await reached.promise
  await backup
  const hub = network.pds('icehub')
  if (words !== 'nothing')
    for (const { author } of [...hubWriters, left])
      await hub.server.ctx.sequencer.sequenceAccount(author.did as never, words as never)
  for (let turns = below(random, 50); turns > 0; turns--) await turn()
  await hub.kill()
  isOver = true
  await ended
  await rm(join(network.dataDir, 'pds', 'icehub'), { recursive: true, force: true })
  log(`${done} writes were acknowledged`)

  await settled(world, ocean)
  log('IceBucket has taken in what its own people wrote')
  await archived(world, [...hubWriters, left])
  log('everybody whose host is gone is shown, and marked')
  for (const writer of [...hubWriters, left]) await proved(world, writer)
  log('and proved, record by record')
  const asked = {
    dids: commons.dids,
    entries: commons.entries.map(({ uri }) => uri),
    words: Commons.words,
  }
  await world.appview.services.index.searchable()
  const before = await everything(world.appview.url, asked)

  const isWhole = random() < 0.5
  let lost = 0
  for (const [place, { writer, settings }] of nasa.entries()) {
    const { did } = writer.author
    const byBackup = place === 0 && !isWhole
    const source = byBackup ? await backupOf(space) : appviewSource(did, world.appview.url)
    if (byBackup) lost = await lostBy(world, space)
    await recover(network, settings, source, did)
    log(`${did} is recovered`)
    await synchronized(world, did)
    log(`${did} came back ${byBackup ? `by the backup, ${lost} differences` : 'by what IceBucket held'}`)
  }
  const ask = { ...asked, entries: await entriesOf(world) }
  await world.appview.services.index.searchable()
  const after = await everything(world.appview.url, isWhole ? asked : ask)
  if (isWhole) same(before, after, 'IceBucket before and after the recovery')

  // An AppView that knows only what the surviving repositories and the archives prove.
  const fresh = await independent(world, join(folder, 'fresh'), `archive:${archives}`)
  stack.defer(() => fresh.stop())
  log('an AppView begins from nothing')
  await agreeing(world, fresh)
  await fresh.services.index.searchable()
  same(
    await everything(world.appview.url, ask),
    await everything(fresh.url, ask),
    'IceBucket and an AppView from nothing',
  )
  return { writes: done, lastWords: words, questions: after.size, lost }
}

async function keyHolder(
  { network }: Stand,
  label: string,
  commons: Commons,
  random: () => number,
): Promise<Person> {
  const settings = settingsFor(network)
  const { url } = network.pds('icehub')
  const account = { handle: `${label}-nasa.icehub.test`, email: `${label}@example.com`, password: 'secret' }
  const { did } = await createAccount(url, account, settings)
  const agent = new AtpAgent({ service: url })
  await agent.login({ identifier: did, password: 'secret' })
  return { writer: new Writer({ did, agent, account: account as never }, commons, random), settings }
}

async function backupOf({ writer, settings }: Person): Promise<Source> {
  const { folder } = await folderOf(writer, settings)
  return backupSource(folder)
}

async function folderOf(writer: Writer, settings: Settings) {
  const { backupFolder } = await import('@frost/client/account/backup-account')
  const folder = backupFolder(writer.author.did, settings)
  return { folder, newest: (await newestBackup(folder))! }
}

/** How many records IceBucket shows otherwise than the backup has them. */
async function lostBy(world: Stand, { writer, settings }: Person): Promise<number> {
  const { folder, newest } = await folderOf(writer, settings)
  const { did } = writer.author
  const car = createReadStream(join(folder, `${newest.rev}.car`))
  const kept = (await readRepository(car, did, (await accountKeys(did, settings)).keys)).records
  const shown = await recordsOf(world.appview, did)
  const paths = new Set([...kept.keys(), ...shown.keys()])
  return [...paths].filter(path => kept.get(path) !== shown.get(path)).length
}

async function recover(network: Stand['network'], settings: Settings, source: Source, did: string) {
  await recoverAccount(settings, {
    to: network.pds('icebucket').url,
    source,
    email: `back-${did.slice(-6)}@example.com`,
    password: async () => 'a new secret',
    acceptLoss: true,
  })
}

async function recordsOf({ services }: AppView, did: string): Promise<Map<string, string>> {
  const rows = await services.index.database
    .selectFrom('record')
    .select(['collection', 'rkey', 'cid'])
    .where('did', '=', did)
    .where('visible', '=', 1)
    .execute()
  return new Map(rows.map(({ collection, rkey, cid }) => [`${collection}/${rkey}`, cid]))
}

/** All that the surviving host took is on IceBucket. */
async function settled(world: Stand, { author, writes }: Writer): Promise<void> {
  const last = writes.at(-1)!.rev!
  await world.until(
    () => world.appview.services.index.repoRev(author.did),
    rev => rev !== undefined && rev >= last,
  )
  const { records } = stateAt(writes, last)
  assert.deepEqual(await recordsOf(world.appview, author.did), records, 'what the surviving host holds')
}

/** Everybody whose host is gone is marked as archived, and shown. */
async function archived({ appview }: Stand, writers: readonly Writer[]): Promise<void> {
  const { index } = appview.services
  const isArchived = async (): Promise<boolean> => {
    const rows = await index.database
      .selectFrom('repo')
      .innerJoin('host', 'host.host', 'repo.host')
      .select(['is_gone', 'active'])
      .where(
        'did',
        'in',
        writers.map(({ author }) => author.did),
      )
      .execute()
    return rows.length === writers.length && rows.every(row => row.is_gone === 1 && row.active === 1)
  }
  await until(index, isArchived, is => is)
}

/** What IceBucket shows of an account that is gone is, record by record, what its owner signed, up to a revision; and it proves that. */
async function proved({ appview, network }: Stand, { author, writes }: Writer): Promise<void> {
  const { did } = author
  const settings = settingsFor(network)
  const rev = (await appview.services.index.repoRev(did))!
  const shown = await recordsOf(appview, did)
  const { records, open } = stateAt(writes, rev)
  if (open !== undefined) for (const held of [shown, records]) held.delete(open)
  assert.deepEqual(shown, records, `what IceBucket shows of ${did} at ${rev}`)
  const { keys } = await accountKeys(did, settings)
  const { Secp256k1Keypair } = await import('@atproto/crypto')
  const folder = mkdtempSync(join(tmpdir(), 'frost-proved-'))
  const { summary } = await appviewSource(did, appview.url).open(
    keys,
    folder,
    await Secp256k1Keypair.create(),
  )
  await rm(folder, { recursive: true })
  const proof = new Map(summary.records)
  if (open !== undefined) proof.delete(open)
  assert.deepEqual(proof, records, `what IceBucket proves of ${did}`)
}

/** IceBucket has taken in the account from its new host, as it stands there. */
async function synchronized(world: Stand, did: string): Promise<void> {
  const { url } = world.network.pds('icebucket')
  const { data } = await new AtpAgent({ service: url }).com.atproto.sync.getLatestCommit({ did })
  await world.until(
    () =>
      world.appview.services.index.database
        .selectFrom('repo')
        .select(['rev', 'host', 'sync', 'active'])
        .where('did', '=', did)
        .executeTakeFirst(),
    row =>
      row?.rev !== null &&
      row?.rev !== undefined &&
      row.rev >= data.rev &&
      row.host === url &&
      row.sync === 'synchronized' &&
      row.active === 1,
  )
}

async function entriesOf({ appview }: Stand): Promise<string[]> {
  const rows = await appview.services.index.database
    .selectFrom('record')
    .select('uri')
    .where('collection', '=', nsid('dataset.entry'))
    .where('visible', '=', 1)
    .execute()
  return rows.map(({ uri }) => uri)
}

function independent({ network }: Stand, dataDir: string, archive: string): Promise<AppView> {
  return startAppview({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    upstreams: [network.relayUrl, archive],
    plcUrl: network.plcUrl,
    requestsPerWindow: 0,
    logLevel: 'silent',
  })
}

/** Both hold the same records. */
async function agreeing({ appview }: Stand, fresh: AppView): Promise<void> {
  const { digests } = await appview.services.index.status()
  const { updates } = fresh.services.index
  const deadline = AbortSignal.timeout(PATIENCE)
  for (;;) {
    if (deadline.aborted)
      throw new Error(`an AppView from nothing has not what IceBucket has: ${await lacking(appview, fresh)}`)
    const news = Promise.withResolvers<void>()
    const end = updates.onAppend(news.resolve)
    const said = (await fresh.services.index.status()).digests
    if (Object.entries(digests).every(([type, digest]) => said[type] === digest)) return end()
    deadline.addEventListener('abort', () => news.resolve(), { once: true })
    await news.promise
    end()
  }
}

/** Records that only one of the two shows. */
async function lacking(...views: readonly [AppView, AppView]): Promise<string> {
  const [one, other] = await Promise.all(
    views.map(async ({ services }) => {
      const rows = await services.index.database
        .selectFrom('record')
        .select(['uri', 'cid'])
        .where('visible', '=', 1)
        .execute()
      return new Set(rows.map(({ uri, cid }) => `${uri} ${cid}`))
    }),
  )
  const alone = [...one!].filter(line => !other!.has(line))
  return [...alone, ...[...other!].filter(line => !one!.has(line))].slice(0, 10).join(', ')
}

function same(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>, who: string): void {
  const found = differing(one, other)
  assert.equal(found.length, 0, `${who} differ:\n${found.join('\n')}`)
}
