/** One story of updates while everything that tells of them is killed, and what must have become of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { streamUpdates } from '@frost/client/watch/update-stream'
import { nsid } from '@frost/lexicon'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { frostFor } from '../../cli/run-frost.ts'
import { freePort } from '../../free-port.ts'
import { newAccount } from '../../stand.ts'
import { AppViewProcess } from '../../sync/appview-process.ts'
import { below, randomOf } from '../../sync/random.ts'
import { type Heard, missing, notedIn, orders } from './heard.ts'
import { Program } from './program.ts'

const bin = fileURLToPath(new URL('../../../apps/cli/bin/frost.js', import.meta.url))
const receiver = fileURLToPath(new URL('receiver.ts', import.meta.url))
const ENTRY = nsid('dataset.entry')
const VERSION = nsid('dataset.version')
const DATASETS = ['sst', 'ice', 'wind']
const ACTS = 24
const LONGEST_PAUSE = 250
/** From the last act until everybody has heard everything, in milliseconds: waits between attempts included. */
const PATIENCE = 120_000

export interface Told {
  readonly updates: number
  readonly releases: number
  readonly kills: number
  /** Milliseconds from the last act until everybody had heard everything. */
  readonly settledAfter: number
}

/**
 * Publishes and releases at random while AppView, watcher, receiver of the webhook and pipeline are killed at random.
 * @throws Error that says who has not heard what, heard it in another order, or released it twice
 */
export async function killStory(seed: number, log: (line: string) => void = () => {}): Promise<Told> {
  await using stack = new AsyncDisposableStack()
  const network = stack.use(await testNetwork())
  const folder = mkdtempSync(join(tmpdir(), 'frost-kills-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const appviewPort = String(await freePort())
  const appview = new AppViewProcess('appview', folder, {
    FROST_UPSTREAMS: network.relayUrl,
    FROST_PLC_URL: network.plcUrl,
    FROST_APPVIEW_PORT: appviewPort,
    FROST_APPVIEW_URL: `http://localhost:${appviewPort}`,
    FROST_WEBHOOK_RETRY_SECONDS: '1',
  })
  stack.defer(() => appview.kill())
  await appview.start()
  const url = `http://localhost:${appviewPort}`

  const owner = await member(network, 'ocean', url)
  const follower = await member(network, 'space', url)
  const written: Heard[] = []
  const publish = async (rkey: string, title: string) => {
    const { uri, cid } = await put(owner, ENTRY, rkey, { title })
    written.push({ uri, cid, dataset: uri })
  }
  let releases = 0
  const release = async () => {
    const rkey = `3kaaaaaaaaa${String.fromCharCode(97 + Math.floor(releases / 26), 97 + (releases % 26))}`
    const dataset = `at://${owner.did}/${ENTRY}/sst`
    const { uri, cid } = await put(owner, VERSION, rkey, {
      dataset,
      version: `v${releases}`,
      releasedAt: new Date().toISOString(),
      entry: { uri: dataset, cid: written.findLast(one => one.uri === dataset)!.cid },
      pins: [{ pin: { scheme: 'git-commit', value: `abc${1000 + releases++}` } }],
    })
    written.push({ uri, cid, dataset })
  }
  for (const rkey of DATASETS) await publish(rkey, rkey)
  await release()
  await put(follower, ENTRY, 'anomaly', { title: 'Anomaly' })
  const home = join(folder, 'pipeline')
  mkdirSync(home)
  writeFileSync(join(home, 'frost.pipeline.yaml'), pipelineOf(`at://${owner.did}/${ENTRY}/sst`))
  await run(follower, ['pipeline', 'run', join(home, 'frost.pipeline.yaml')])

  const watched = join(folder, 'watched')
  const delivered = join(folder, 'delivered')
  const receiverPort = String(await freePort())
  const env = (who: Member, more: Record<string, string> = {}) => ({ ...who.env, ...more })
  const programs = {
    watcher: new Program([bin, 'watch', owner.did, '--since', '0', '--exec', 'cat >> "$HEARD"'], {
      env: env(owner, { HEARD: watched }),
    }),
    receiver: new Program([receiver], { env: { ...process.env, PORT: receiverPort, HEARD: delivered } }),
    pipeline: new Program([bin, 'pipeline', 'watch'], { cwd: home, env: env(follower) }),
  }
  for (const program of Object.values(programs)) {
    stack.defer(() => program.kill())
    program.start()
  }
  await run(owner, [
    'webhook',
    'create',
    `http://127.0.0.1:${receiverPort}/`,
    '--actor',
    owner.did,
    '--since',
    '0',
  ])
  const streamed: Heard[] = []
  const ended = new AbortController()
  let cursor = 0
  const streaming = streamUpdates({
    appviewUrl: url,
    filter: { actor: [owner.did] },
    cursor: () => cursor,
    onUpdate(update) {
      cursor = update.seq
      streamed.push(update)
    },
    signal: ended.signal,
  })
  stack.defer(async () => {
    ended.abort()
    await streaming
  })

  const random = randomOf(seed)
  let kills = 0
  for (let act = 0; act < ACTS; act++) {
    await delay(below(random, LONGEST_PAUSE))
    const roll = below(random, 10)
    if (roll < 3) await publish(DATASETS[below(random, DATASETS.length)]!, `title ${act}`)
    else if (roll < 5) await release()
    else {
      kills++
      const names = ['appview', ...Object.keys(programs)] as ('appview' | keyof typeof programs)[]
      const name = names[below(random, names.length)]!
      log(`${act}: ${name} is killed`)
      if (name === 'appview') {
        await appview.kill()
        void appview.start()
      } else {
        await programs[name].kill()
        programs[name].start()
      }
    }
  }
  // The last word is a release, so that the pipeline has something to do after the last kill.
  await release()
  const last = performance.now()
  const heard = () => ({ stream: streamed, watch: notedIn(watched), webhook: notedIn(delivered) })
  const made = async () =>
    (await versionsOf(follower)).flatMap(({ derivedFrom }) => derivedFrom.map(({ ref }) => ref.uri))
  for (;;) {
    const left = Object.entries(heard()).flatMap(([who, told]) =>
      missing(written, told).map(key => `${who}: ${key}`),
    )
    const sources = new Set(await made())
    left.push(
      ...written
        .filter(({ uri }) => uri.includes(VERSION) && !sources.has(uri))
        .map(({ uri }) => `pipeline: ${uri}`),
    )
    if (left.length === 0) break
    if (performance.now() - last > PATIENCE)
      throw new Error(
        `not heard after ${PATIENCE / 1000} s:\n${left.join('\n')}\n${Object.entries(programs)
          .map(([name, { said }]) => `${name} said: ${said}`)
          .join('\n')}\n${appview.complaints.join('')}`,
      )
    await delay(50)
  }
  const settledAfter = Math.round(performance.now() - last)

  const order = orders(written)
  for (const [who, told] of Object.entries(heard())) {
    // News of the account itself are no updates of a dataset.
    const found = orders(told.filter(({ cid }) => cid !== undefined))
    for (const [dataset, keys] of Object.entries(order))
      if (keys.join() !== found[dataset]?.join())
        throw new Error(
          `${who} heard of ${dataset} in another order:\n${found[dataset]?.join('\n')}\nwritten:\n${keys.join('\n')}`,
        )
  }
  const sources = await made()
  if (sources.length !== new Set(sources).size || sources.length !== releases)
    throw new Error(`${releases} releases upstream led to ${sources.length}:\n${sources.join('\n')}`)
  return { updates: written.length, releases, kills, settledAfter }
}

interface Member extends Awaited<ReturnType<typeof newAccount>> {
  readonly frost: ReturnType<typeof frostFor>
  readonly env: NodeJS.ProcessEnv
}

async function member(network: TestNetwork, name: string, appviewUrl: string): Promise<Member> {
  const who = await newAccount(network, name)
  const frost = frostFor({ plcUrl: network.plcUrl, service: who.account.service, appviewUrl })
  const env = {
    ...process.env,
    NO_COLOR: '1',
    FROST_CONFIG: frost.configDir,
    FROST_PLC_URL: network.plcUrl,
    FROST_SERVICE: who.account.service,
    FROST_APPVIEW_URL: appviewUrl,
  }
  const made = { ...who, frost, env }
  await run(made, ['login', who.did, '--app-password'], who.account.password)
  return made
}

async function run({ frost }: Member, args: readonly string[], input = ''): Promise<void> {
  const { status, stderr } = await frost(args, { input: `${input}\n` })
  if (status !== 0) throw new Error(`frost ${args.join(' ')} ended with ${status}: ${stderr}`)
}

async function put({ agent, did }: Member, collection: string, rkey: string, value: object) {
  const record = { $type: collection, createdAt: '2026-01-01T00:00:00.000Z', ...value }
  const { data } = await agent.com.atproto.repo.putRecord({
    repo: did,
    collection,
    rkey,
    record,
    validate: false,
  })
  return data
}

async function versionsOf({ agent, did }: Member) {
  const { data } = await agent.com.atproto.repo.listRecords({ repo: did, collection: VERSION, limit: 100 })
  return data.records.map(({ value }) => value as unknown as { derivedFrom: { ref: { uri: string } }[] })
}

const pipelineOf = (upstream: string) => `dataset: anomaly
upstreams: ['${upstream}']
command: |
  digest=$(sha256sum | cut -c1-64)
  echo "{\\"pins\\": [\\"digest:sha256:$digest\\"]}" > "$FROST_PIPELINE_OUTPUT"
`
