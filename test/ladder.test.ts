/**
 * The five steps from one dataset on one host to recomputation across institutions: two platforms, each with its own PDS and its own
 * AppView, and people who use nothing but the command line.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AppView, startAppview } from '@frost/appview'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Frost, frostFor } from './cli/run-frost.ts'
import { askXrpc, newAccount, type Stand, stand } from './stand.ts'
import { Listening } from './updates/listening.ts'

interface Person {
  readonly did: string
  readonly handle: string
  readonly frost: Frost
}

describe('the ladder', { timeout: 120_000 }, () => {
  /** IceBucket's AppView is the stand's; IceHub's is a second one that knows nothing of it. */
  let world: Stand
  let hub: AppView
  let folder: string
  let noaa: Person
  let nasa: Person
  beforeAll(async () => {
    world = await stand({
      network: { pdses: ['icebucket', 'icehub'].map(name => ({ name, domain: `${name}.test` })) },
    })
    folder = mkdtempSync(join(tmpdir(), 'frost-ladder-'))
    hub = await startAppview({
      host: '127.0.0.1',
      port: 0,
      dataDir: join(folder, 'hub'),
      upstreams: [world.network.relayUrl],
      plcUrl: world.network.plcUrl,
      requestsPerWindow: 0,
      logLevel: 'silent',
    })
    noaa = await person('ocean', 'icebucket', world.appview.url)
    nasa = await person('space', 'icehub', hub.url)
  }, 120_000)
  afterAll(async () => {
    await hub?.stop()
    await world?.[Symbol.asyncDispose]()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  async function person(name: string, pds: string, appviewUrl: string): Promise<Person> {
    const { account, did } = await newAccount(world.network, name, pds)
    const frost = frostFor({ plcUrl: world.network.plcUrl, service: account.service, appviewUrl })
    const { status, stderr } = await frost(['login', did, '--app-password'], {
      input: `${account.password}\n`,
    })
    expect(stderr).not.toMatch(/^frost:/m)
    expect(status).toBe(0)
    return { did, handle: account.handle, frost }
  }

  /** Runs a command that must succeed; answers its JSON. */
  async function run<Answer = Record<string, unknown>>(
    { frost }: Person,
    ...args: string[]
  ): Promise<Answer> {
    const ran = await frost([...args, '--json'])
    expect(ran.stderr).not.toMatch(/^frost:/m)
    expect(ran.status).toBe(0)
    return ran.json as Answer
  }
  const entry = ({ did }: Person, slug: string) => `at://${did}/${nsid('dataset.entry')}/${slug}`
  const describing = ['--no-describe', '--license', 'CC-BY-4.0']

  /** Waits until an AppView has taken in a record of a dataset. */
  async function toldBy(appviewUrl: string, dataset: string, wanted: (uri: string) => boolean) {
    await using heard = new Listening(appviewUrl, { dataset, cursor: 0 })
    await heard.until(({ uri }) => wanted(uri))
  }
  const isVersion = (uri: string) => uri.includes(nsid('dataset.version'))

  it('Hello World: a dataset is published by one command and found by anybody', async () => {
    await run(
      noaa,
      'publish',
      's3://noaa-oisst/oisst.zarr',
      '--slug',
      'oisst',
      '--title',
      'Sea surface temperature',
      ...describing,
    )
    await toldBy(world.appview.url, entry(noaa, 'oisst'), () => true)
    await world.appview.services.index.searchable()
    const found = await run<{ entries: { uri: string }[] }>(noaa, 'search', 'sea surface temperature')
    expect(found.entries.map(({ uri }) => uri)).toEqual([entry(noaa, 'oisst')])
  })

  it('Related data: a dataset that was made from it says so, and both ends show it', async () => {
    await run(noaa, 'release', 'oisst', '--tag', 'v1', '--pin', 'git-commit:abc1234')
    await run(
      noaa,
      'publish',
      's3://noaa-oisst/anomaly.zarr',
      '--slug',
      'anomaly',
      '--title',
      'Anomalies',
      '--derived-from',
      'oisst',
      ...describing,
    )
    await toldBy(world.appview.url, entry(noaa, 'anomaly'), () => true)
    const { nodes } = await run<{ nodes: { id: string }[] }>(
      noaa,
      'lineage',
      entry(noaa, 'oisst'),
      '--downstream',
    )
    expect(nodes.map(({ id }) => id)).toContain(entry(noaa, 'anomaly'))
  })

  it('Leader-Follower: when the leader releases, the follower is made anew and pinned to what was read', async () => {
    const { file } = pipeline('anomaly', entry(noaa, 'oisst'))
    expect(await run(noaa, 'pipeline', 'run', file)).toMatchObject({ tag: 'v1' })
    await run(noaa, 'release', 'oisst', '--tag', 'v2', '--pin', 'git-commit:abc1235')
    const made = await run<{ tag: string; inputs: { uri: string; cid: string }[] }>(
      noaa,
      'pipeline',
      'run',
      file,
    )
    expect(made.tag).toBe('v2')
    const { versions } = await run<{ versions: { uri: string; cid: string; version?: string }[] }>(
      noaa,
      'versions',
      'oisst',
    )
    const newest = versions.find(({ uri }) => uri === made.inputs[0]?.uri)
    expect(newest?.cid).toBe(made.inputs[0]?.cid)
  })

  it('Cross-Org Catalog: each platform finds what the other hosts', async () => {
    await run(
      nasa,
      'publish',
      's3://nasa-heat/waves.zarr',
      '--slug',
      'heatwaves',
      '--title',
      'Marine heatwaves',
      '--derived-from',
      entry(noaa, 'anomaly'),
      ...describing,
    )
    for (const [url, services] of [
      [world.appview.url, world.appview.services],
      [hub.url, hub.services],
    ] as const) {
      await toldBy(url, entry(nasa, 'heatwaves'), () => true)
      await toldBy(url, entry(noaa, 'anomaly'), isVersion)
      await services.index.searchable()
      for (const [q, uri] of [
        ['marine heatwaves', entry(nasa, 'heatwaves')],
        ['anomalies', entry(noaa, 'anomaly')],
      ]) {
        const { entries } = await askXrpc<{ entries: { uri: string }[] }>(url, 'dataset.searchEntries', {
          q: q!,
        })
        expect(entries[0]?.uri).toBe(uri)
      }
    }
    const digests = await Promise.all(
      [world.appview.url, hub.url].map(url =>
        askXrpc<{ digests: object }>(url, 'service.describeService', {}),
      ),
    )
    expect(digests[0]!.digests).toEqual(digests[1]!.digests)
  })

  it('Cross-Org Follower: a release at one institution is recomputed at the other, within seconds, through both AppViews', async () => {
    const { file } = pipeline('heatwaves', entry(noaa, 'anomaly'))
    const watching = new AbortController()
    await using heard = new Listening(world.appview.url, {
      dataset: entry(nasa, 'heatwaves'),
      collection: nsid('dataset.version'),
    })
    await heard.opened
    const ended = nasa.frost(['pipeline', 'watch', file], { signal: watching.signal })
    await heard.until(({ record }) => record?.version === 'v2')
    await run(noaa, 'release', 'oisst', '--tag', 'v3', '--pin', 'git-commit:abc1236')
    const began = performance.now()
    await run(noaa, 'pipeline', 'run', join(folder, 'anomaly.yaml'))
    await heard.until(({ record }) => record?.version === 'v3')
    expect(performance.now() - began).toBeLessThan(30_000)
    watching.abort()
    expect((await ended).status).toBe(0)
    const impact = await askXrpc<{ steps: { id: string }[] }>(hub.url, 'graph.getImpact', {
      id: entry(noaa, 'oisst'),
    })
    expect(impact.steps.map(({ id }) => id)).toEqual([entry(noaa, 'anomaly'), entry(nasa, 'heatwaves')])
  })

  function pipeline(dataset: string, upstream: string): { file: string } {
    const file = join(folder, `${dataset}.yaml`)
    writeFileSync(
      file,
      [
        `dataset: ${dataset}`,
        `upstreams: ['${upstream}']`,
        `command: 'printf "{\\"pins\\": [\\"digest:sha256:%s\\"]}" "$(sha256sum | cut -c1-64)" > "$FROST_PIPELINE_OUTPUT"'`,
      ].join('\n'),
    )
    return { file }
  }
})
