import { resolve } from 'node:path'
import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import type { Started } from '../network/supervisor.ts'
import { ask } from '../prompts.ts'
import { styled, table } from '../text.ts'

const dataDir = () => resolve(process.env.FROST_DATA || './data')

export function configure(command: Command): void {
  command
    .addHelpText(
      'after',
      `
The network in a box: identity directory, relay, PDSes and an object store with real datasets, an AppView that indexes
them, a gateway that shows and exports them, and the site. State is kept in FROST_DATA (./data) and comes back at the next start.

Examples:
  $ frost network up
  $ FROST_PORT=8080 frost network up
  $ frost network up --scenario icehub
  $ frost network up --scenario icehub --run
  $ frost network status --json`,
    )
    .addHelpCommand(false)

  command
    .command('up')
    .summary('start everything, until Ctrl-C')
    .description(
      'Start the network, an AppView, a gateway and the site on this machine, and keep them running until Ctrl-C.',
    )
    .option('--scenario <name>', 'icehub: two platforms, one of which is killed for good; its page drives it')
    .option(
      '--run',
      'with --scenario: play all of it without waiting for anybody, and end; exits with 1 where it does not go as it is told',
    )
    .option('--stay', 'with --run: keep everything running after the story, until Ctrl-C')
    .option('--logs', 'print the services’ logs too (they are kept in FROST_DATA/logs)')
    .configureHelp({ showGlobalOptions: true })
    .action(
      action<UpOptions>(async (context, options) => {
        if (options.scenario !== undefined) return upWithScenario(context, options)
        if (options.run || options.stay)
          throw new UsageError(`--${options.run ? 'run' : 'stay'} goes with --scenario icehub`)
        return up(context, options)
      }),
    )

  command
    .command('status')
    .summary('show what runs')
    .description('Show what runs from FROST_DATA. Exits with 1 where nothing does.')
    .configureHelp({ showGlobalOptions: true })
    .action(action(status))

  command
    .command('reset')
    .summary('delete the network’s state')
    .description('Delete all state of the network in FROST_DATA: accounts, records, index and logs.')
    .option('-y, --yes', 'do not ask')
    .configureHelp({ showGlobalOptions: true })
    .action(action<{ yes?: boolean }>(reset))
}

interface UpOptions {
  readonly logs?: boolean
  readonly scenario?: string
  readonly run?: boolean
  readonly stay?: boolean
}

async function upWithScenario({ output }: Context, { scenario, run, stay }: UpOptions): Promise<void> {
  if (scenario !== 'icehub') throw new UsageError(`--scenario is '${scenario}': there is icehub`)
  if (stay && !run) throw new UsageError('--stay goes with --run: without it everything stays anyway')
  const { startScenario } = await import('../scenario/run.ts')
  const { faultsOf, playAll } = await import('../scenario/play.ts')
  let faults: readonly string[] = []
  const told = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => told.resolve())
  output.progress('Starting two platforms …')
  const starting = startScenario({
    dataDir: dataDir(),
    env: process.env,
    onUp: service => output.progress(`Starting … ${service} up`),
    onHappening: happening =>
      output.item({ event: 'happened', ...happening }, ({ text, seconds }) =>
        seconds === undefined ? text : `${text} ${styled('dim', `(${seconds.toFixed(1)} s)`)}`,
      ),
  })
  starting.catch(() => undefined)
  const running = await Promise.race([starting, told.promise])
  const scene = running ?? (await starting)
  try {
    if (running) {
      const { url, story, hub, bucket, failed } = running
      output.item(
        { event: 'ready', url, icehub: hub.siteUrl, icebucket: bucket.siteUrl },
        () =>
          `\n  ${styled('bold', 'The scenario is ready')}\n\n  Its page: ${url}\n\n  Ctrl-C stops everything.\n`,
      )
      const untilEnded = Promise.race([told.promise, failed])
      const state = run && (await Promise.race([playAll(story), untilEnded]))
      if (state) {
        faults = faultsOf(state)
        output.item({ event: 'played', ...state, faults }, () =>
          faults.length > 0 ? 'It did not go as it is told.' : 'Played to its end, as it is told.',
        )
      }
      if (!state || stay) await untilEnded
    }
    output.progress('Stopping …')
  } finally {
    await scene.stop()
    output.clearProgress()
  }
  const { problem } = scene.story.state
  const reasons = faults.length > 0 ? faults : problem ? [problem] : []
  if (reasons.length > 0) output.note(`frost: ${reasons.join('; ')}`)
  process.exit(reasons.length > 0 ? 1 : 0)
}

async function up({ output, settings }: Context, { logs }: UpOptions): Promise<void> {
  const { Supervisor } = await import('../network/supervisor.ts')
  let isReady = false
  const supervisor = new Supervisor({
    dataDir: dataDir(),
    env: process.env,
    onLine: logs
      ? (service, line) => output.note(`${styled('dim', service.padEnd(7), process.stderr)} ${line}`)
      : undefined,
    onEvent: ({ event, service, detail }) => {
      if (event === 'up') output.progress(`Starting … ${service} is up`)
      else if (event === 'crashed') output.warning(`${service} ${detail ?? 'ended'}; it is started anew`)
      else if (isReady) output.note(`${service} runs again`)
      if (output.json && event !== 'up')
        process.stdout.write(`${JSON.stringify({ event, service, detail })}\n`)
    },
  })
  const told = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => told.resolve())

  output.progress('Starting the network …')
  const starting = supervisor.start()
  starting.catch(() => undefined)
  try {
    const started = await Promise.race([starting, told.promise])
    if (started) {
      isReady = true
      output.result({ event: 'ready', ...summary(started, settings.siteUrl) }, readyMessage)
      await Promise.race([told.promise, supervisor.failed])
    }
    output.progress('Stopping …')
  } finally {
    await supervisor.stop()
    output.clearProgress()
  }
  if (output.json) process.stdout.write(`${JSON.stringify({ event: 'stopped' })}\n`)
  else output.note('Stopped. The state is kept: the next start brings it back.')
  // Half-open sockets of services that were killed must not hold the process.
  process.exit(0)
}

interface Summary {
  readonly site?: string
  readonly appview: string
  readonly gateway?: string
  readonly demo?: {
    readonly handle: string
    readonly password: string
    readonly pds?: string
    /** Whether they operate the index. */
    readonly isOperator: boolean
  }
  readonly seconds: number
  readonly dataDir: string
}

function summary({ network, appview, gateway, web, milliseconds }: Started, siteUrl: string): Summary {
  const demo = network.demo as Partial<NonNullable<Summary['demo']> & { did: string }> | undefined
  return {
    site: web && (web.url ?? siteUrl),
    appview: appview.url ?? 'http://127.0.0.1:4181',
    gateway: gateway?.url,
    demo:
      demo?.handle && demo.password
        ? {
            handle: demo.handle,
            password: demo.password,
            pds: demo.pds,
            isOperator: demo.did !== undefined && !process.env.FROST_OPERATORS,
          }
        : undefined,
    seconds: Math.round(milliseconds / 100) / 10,
    dataDir: dataDir(),
  }
}

function readyMessage({ site, appview, gateway, demo, seconds, dataDir: folder }: Summary): string {
  const frost = 'npx frost'
  const handle = demo?.handle ?? 'HANDLE'
  const lines = [
    '',
    `  ${styled('bold', 'FROST is ready')} ${styled('dim', `(${seconds} s)`)}`,
    '',
    table(
      [
        ['  Site', site ?? 'not installed'],
        ['  AppView', appview],
        ...(gateway ? [['  Gateway', gateway]] : []),
        ...(demo ? [['  Sign in', `${demo.handle}, password ${demo.password}`]] : []),
        ...(demo?.isOperator && site ? [['  Operate', `${site}/admin, signed in as ${demo.handle}`]] : []),
        ['  State', folder],
      ],
      ['dim'],
    ),
    '',
    '  Try in another terminal:',
    `    ${frost} search "sea surface temperature" --format zarr`,
    `    ${frost} login ${handle} --app-password`,
    `    ${frost} publish https://example.org/my-data.csv --title "My first dataset" --license CC-BY-4.0`,
    '',
    `  ${styled('dim', 'Ctrl-C stops everything.')}`,
  ]
  return lines.join('\n')
}

async function status({ output }: Context): Promise<void> {
  const { runningNetwork } = await import('../network/state.ts')
  const state = await runningNetwork(dataDir())
  if (!state) {
    process.exitCode = 1
    output.result(
      { running: false, dataDir: dataDir() },
      () => `No network runs from ${dataDir()}: 'frost network up' starts one`,
    )
    return
  }
  const services = await Promise.all(
    Object.entries(state.services).map(async ([name, { pid, url }]) => ({
      name,
      pid,
      url,
      answers: await answers(url),
    })),
  )
  output.result({ running: true, pid: state.pid, startedAt: state.startedAt, services }, () =>
    table(
      services.map(({ name, pid, url, answers: up }) => [
        name,
        up === false ? 'does not answer' : 'up',
        pid ? `pid ${pid}` : '',
        url ?? '',
      ]),
      ['bold'],
    ),
  )
}

/** Whether anything answers at `url`; undefined where the service has none. */
async function answers(url: string | undefined): Promise<boolean | undefined> {
  if (!url) return undefined
  return fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(3_000) }).then(
    () => true,
    () => false,
  )
}

async function reset({ output }: Context, { yes }: { yes?: boolean }): Promise<void> {
  const folder = dataDir()
  if (!yes) {
    if (!process.stdin.isTTY)
      throw new UsageError(`'network reset' deletes all state in ${folder}: confirm with --yes`)
    const answer = await ask(`Delete all state of the network in ${folder}? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) return output.note('Nothing was deleted')
  }
  const { reset: resetState } = await import('../network/state.ts')
  const deleted = await resetState(folder)
  output.result({ deleted, dataDir: folder }, () =>
    deleted ? `Deleted the network's state in ${folder}` : `${folder} is empty`,
  )
}
