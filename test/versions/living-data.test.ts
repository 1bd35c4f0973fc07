/** Versions and heads of a store that goes on growing: an Icechunk repository that the official library writes, served over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as zarrita from 'zarrita'
import { type Frost, frostFor } from '../cli/run-frost.ts'
import { folderStorage, type OfficialRepository, officialIcechunk } from '../reader/icechunk/official.ts'
import { create, writeArray } from '../reader/icechunk/repositories.ts'
import { newAccount, type Stand, stand } from '../stand.ts'

const official = officialIcechunk()
const bin = fileURLToPath(new URL('../../apps/cli/bin/frost.js', import.meta.url))

interface HeadState {
  readonly record: {
    readonly states: { pin: { value: string; branch: string } }[]
    readonly sequence: number
  }
}

describe.skipIf(official === undefined)('living data', { timeout: 180_000 }, () => {
  let world: Stand
  let lake: string
  let repository: OfficialRepository
  let owner: Awaited<ReturnType<typeof newAccount>>
  let frost: Frost
  const running = new Set<ChildProcess>()

  beforeAll(async () => {
    lake = mkdtempSync(join(tmpdir(), 'frost-lake-'))
    repository = await official!.Repository.create(folderStorage(official!, join(lake, 'sst')), {}, 2)
    await commit('first hour', store => writeArray(store, '/sst', [4, 4], [2, 2], 1))
    world = await stand({ network: { mounts: { lake } } })
    owner = await newAccount(world.network, 'ocean-v')
    frost = frostFor({
      plcUrl: world.network.plcUrl,
      service: owner.account.service,
      appviewUrl: world.appview.url,
    })
    await frost(['login', owner.account.handle, '--app-password'], { input: owner.account.password })
    const published = await frost([
      'publish',
      world.network.store.urlOf('lake/sst'),
      '--title',
      'Sea surface temperature, hourly',
      '--slug',
      'sst',
      '--json',
    ])
    expect(published).toMatchObject({ status: 0 })
  }, 120_000)
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL')
    await world?.[Symbol.asyncDispose]()
    await rm(lake, { recursive: true, force: true })
  })

  const commit = (message: string, change: (store: never) => Promise<void>) =>
    create(repository, 'main', message, change)
  const grow = (hour: number) =>
    commit(`hour ${hour}`, async store => {
      const array = await zarrita.open(zarrita.root(store).resolve('/sst'), { kind: 'array' })
      await zarrita.set(array as never, [zarrita.slice(0, 2), zarrita.slice(0, 2)] as never, hour as never)
    })
  const entryUri = () => `at://${owner.did}/${nsid('dataset.entry')}/sst`
  const headUri = () => `at://${owner.did}/${nsid('dataset.head')}/sst`
  const ok = async (args: readonly string[]) => {
    const ran = await frost([...args, '--json'])
    if (ran.status !== 0) throw new Error(`frost ${args.join(' ')}: ${ran.stderr}`)
    return ran.json
  }
  const headStates = () =>
    world.ask<{ states: HeadState[] }>('dataset.listHeadStates', { head: headUri(), limit: '100' })
  const snapshotOf = ({ record }: HeadState) => record.states[0]!.pin.value

  it('a release freezes the newest snapshot of a branch, once; the next knows the one before', async () => {
    const [newest] = await repository.ancestry({ branch: 'main' })
    const release = ['release', 'sst', '--tag', 'v1', '--from-branch', 'main']
    const first = await ok(release)
    expect(first).toMatchObject({
      existed: false,
      pins: [{ pin: { scheme: 'icechunk-snapshot', value: newest!.id, branch: 'main' } }],
    })
    expect(await ok(release)).toMatchObject({ existed: true, uri: first.uri, cid: first.cid })
    await commit('salinity', store => writeArray(store, '/salinity', [4], [2], 7))
    await grow(2)
    const moved = await frost(release)
    expect([moved.status, moved.stderr]).toEqual([1, expect.stringMatching(/versions never change/)])
    const second = await ok(['release', 'sst', '--tag', 'v2', '--from-branch', 'main'])
    const { data } = await owner.agent.com.atproto.repo.getRecord({
      repo: owner.did,
      collection: nsid('dataset.version'),
      rkey: String(second.rkey),
    })
    expect(data.value).toMatchObject({ previous: { uri: first.uri, cid: first.cid } })
    const wrong = await frost(['release', 'sst', '--tag', 'v3', '--from-branch', 'nowhere'])
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringMatching(/no branch 'nowhere'/)])
  })

  it('a diff says what changed in the description and, read from the store, in the data', async () => {
    await ok(['edit', 'sst', '--title', 'Sea surface temperature and salinity, hourly'])
    const versions = () => world.ask<{ versions: unknown[] }>('dataset.listVersions', { entry: entryUri() })
    await world.until(
      () => versions().catch(() => ({ versions: [] })),
      answer => answer.versions.length === 2,
    )
    const { changes, data } = (await ok(['diff', 'sst', 'v1', 'v2'])) as {
      changes: { path: string }[]
      data: { diff: unknown }[]
    }
    expect(changes.map(({ path }) => path)).toContain('/pins/data icechunk-snapshot/pin/value')
    expect(data).toMatchObject([
      { scheme: 'icechunk-snapshot', diff: { added: ['salinity'], changed: [{ path: 'sst', chunks: 1 }] } },
    ])
    await world.until(
      () => world.ask<{ entry: { record: { title: string } } }>('dataset.getEntry', { uri: entryUri() }),
      ({ entry }) => entry.record.title.includes('salinity'),
    )
    const text = (await frost(['diff', 'sst', 'v2', 'now'])).stdout
    expect(text).toMatch(
      /\/title changed\n {2}- Sea surface temperature, hourly\n {2}\+ Sea surface temperature and salinity/,
    )
  })

  it('what is derived from it is pinned to the version meant, else to the latest that was not taken back', async () => {
    await ok([
      'notice',
      'sst@v2',
      '--kind',
      'retracted',
      '--text',
      'Hour 2 is wrong',
      '--replaced-by',
      'sst@v1',
    ])
    expect(await ok(['notice', 'sst@v2', '--kind', 'retracted', '--text', 'Hour 2 is wrong'])).toMatchObject({
      existed: true,
      changed: false,
    })
    await ok(['publish', 'https://example.org/means.parquet', '--title', 'Means', '--slug', 'means'])
    const derivations = async (tag: string, source: string) => {
      const { rkey } = await ok(['release', 'means', '--tag', tag, '--derived-from', source])
      const { data } = await owner.agent.com.atproto.repo.getRecord({
        repo: owner.did,
        collection: nsid('dataset.version'),
        rkey: String(rkey),
      })
      return (data.value as { derivedFrom: { ref: Record<string, unknown> }[] }).derivedFrom[0]!.ref
    }
    const { versions } = (await ok(['versions', 'sst'])) as {
      versions: { uri: string; cid: string; record: { version: string; pins: { pin: object }[] } }[]
    }
    const [v2, v1] = versions
    const handle = owner.account.handle
    expect(await derivations('1', `${handle}/sst@v2`)).toMatchObject({
      uri: v2!.uri,
      cid: v2!.cid,
      pin: v2!.record.pins[0]!.pin,
    })
    expect(await derivations('2', `${handle}/sst`)).toMatchObject({
      uri: v1!.uri,
      cid: v1!.cid,
      pin: v1!.record.pins[0]!.pin,
    })
    const seen = () =>
      world.ask<{
        versions: { latest?: boolean; notices?: { kind: string }[]; record: { version: string } }[]
      }>('dataset.listVersions', { entry: entryUri() })
    const answer = await world.until(seen, ({ versions: [newest] }) => newest?.notices !== undefined)
    expect(answer.versions.map(({ record, latest }) => [record.version, latest])).toEqual([
      ['v2', undefined],
      ['v1', true],
    ])
    expect((await frost(['versions', 'sst'])).stdout).toMatch(/v2 .*retracted.*\nv1 .*latest/)
    await ok(['notice', 'sst@v2', '--kind', 'retracted', '--resolve'])
    await world.until(seen, ({ versions: [newest] }) => newest?.latest === true)
  })

  it('a head moves to the newest snapshot, not twice to the same, and not twice a minute', async () => {
    const [newest] = await repository.ancestry({ branch: 'main' })
    const move = ['head', 'sst', '--from-branch', 'main']
    expect(await ok(move)).toMatchObject({ state: 'moved', sequence: 1, pin: { value: newest!.id } })
    expect(await ok(move)).toMatchObject({ state: 'unchanged' })
    await grow(3)
    // It waits for its minute, and says so; interrupted, it has written nothing.
    const { child, lines } = start(['head', 'sst', '--from-branch', 'main'])
    await until(lines, line => /Waiting \d+ s: a head moves at most every 60 seconds/.test(line))
    child.kill('SIGINT')
    const [status] = await once(child, 'exit')
    expect(status).toBe(1)
    const { states } = await world.until(headStates, answer => answer.states.length > 0)
    expect(states.map(snapshotOf)).toEqual([newest!.id])
    const wrong = await frost(['head', 'sst', '--follow'])
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringMatching(/--from-branch is missing/)])
  })

  const follow = 'head sst --from-branch main --follow --poll 1 --every 1 --json'.split(' ')

  it('followed, it reaches the newest snapshot through kills, and moves once at most for each', async () => {
    const commits: string[] = []
    let follower = start(follow)
    for (let hour = 4; hour < 10; hour++) {
      commits.push(await grow(hour))
      if (hour % 2 === 1) continue
      // Killed as it writes, or just after.
      await until(follower.lines, line => line.includes('"moved"') || line.includes('"unchanged"'))
      commits.push(await grow(hour + 100))
      follower.child.kill('SIGKILL')
      await once(follower.child, 'exit')
      follower = start(follow)
    }
    const newest = commits.at(-1)!
    const { states } = await world.until(
      headStates,
      answer => answer.states.length > 0 && snapshotOf(answer.states[0]!) === newest,
    )
    const seen = states.map(snapshotOf)
    expect(new Set(seen).size).toBe(seen.length)
    expect(states.map(({ record }) => record.sequence)).toEqual(states.map((_, at) => states.length - at))
    const order = (await repository.ancestry({ branch: 'main' })).map(({ id }) => id)
    expect(seen).toEqual(order.filter(id => seen.includes(id)))

    follower.child.kill('SIGINT')
    const [status] = await once(follower.child, 'exit')
    expect(status).toBe(0)
    expect((await frost(['versions', 'sst', '--history', '5'])).stdout).toContain(newest)
    expect((await frost(['head', `${owner.account.handle}/sst`])).stdout).toContain(newest)
  })

  it('waits for a store that is away, and goes on when it is back', async () => {
    const away = join(tmpdir(), `frost-away-${process.pid}`)
    const follower = start(follow)
    await until(follower.lines, line => line.includes('Following'))
    const first = await grow(20)
    await until(follower.lines, line => line.includes(first))
    const { rename } = await import('node:fs/promises')
    await rename(join(lake, 'sst'), away)
    await until(follower.lines, line => /tried again in \d+ s/.test(line))
    await rename(away, join(lake, 'sst'))
    const second = await grow(21)
    await until(follower.lines, line => line.includes(second))
    follower.child.kill('SIGTERM')
    const [status] = await once(follower.child, 'exit')
    expect(status).toBe(0)
  })

  interface Running {
    readonly child: ChildProcess
    readonly lines: AsyncIterator<string>
  }

  /** The command as a process of its own; its lines of both outputs. */
  function start(args: readonly string[]): Running {
    const child = spawn(process.execPath, [bin, ...args], {
      env: {
        ...process.env,
        NO_COLOR: '1',
        FROST_CONFIG: frost.configDir,
        FROST_PLC_URL: world.network.plcUrl,
        FROST_SERVICE: owner.account.service,
        FROST_APPVIEW_URL: world.appview.url,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    child.once('exit', () => running.delete(child))
    return { child, lines: linesOf(child) }
  }
})

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  const queue: string[] = []
  let wake = () => {}
  let open = 2
  for (const stream of [child.stdout!, child.stderr!]) {
    const lines = createInterface({ input: stream })
    lines.on('line', line => {
      queue.push(line)
      wake()
    })
    lines.on('close', () => {
      open--
      wake()
    })
  }
  for (;;) {
    const line = queue.shift()
    if (line !== undefined) yield line
    else if (open === 0) return
    else
      await new Promise<void>(resolve => {
        wake = resolve
      })
  }
}

async function until(lines: AsyncIterator<string>, wanted: (line: string) => boolean): Promise<string> {
  const said: string[] = []
  for (;;) {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the command ended before it said what was waited for: ${said.join('\n')}`)
    said.push(value)
    if (wanted(value)) return value
  }
}
