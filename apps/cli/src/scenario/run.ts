/** `frost network up --scenario icehub`: the network in a box with two platforms, until Ctrl-C. */
import { join } from 'node:path'
import { FrostError } from '@frost/client/errors'
import { assertFree, freePort } from '../network/ports.ts'
import { type Ready, Service } from '../network/service.ts'
import { claim, release, writeState } from '../network/state.ts'
import { installedScripts } from '../network/supervisor.ts'
import { startControlServer } from './control-server.ts'
import { Platform, type PlatformPorts } from './platform.ts'
import { emptyFolder, type Happening, Story } from './story.ts'

const READY_PATIENCE_MS = 180_000
const STOP_PATIENCE_MS = 4_500
/** How far IceHub's ports are from IceBucket's. */
const DISTANCE = 100

export interface ScenarioOptions {
  /** FROST_DATA; the scenario has a folder of its own in it, which is emptied. */
  readonly dataDir: string
  readonly env: NodeJS.ProcessEnv
  onUp(service: string): void
  onHappening(happening: Happening): void
}

export interface RunningScenario {
  readonly story: Story
  readonly hub: Platform
  readonly bucket: Platform
  /** The page that tells the story. */
  readonly url: string
  /** Rejects when the network itself has ended. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** What somebody has set for services of their own, but for ports, has no part in the story: databases, networks, mail. */
function storyEnvironment(given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isKept = (name: string) => !name.startsWith('FROST_') || /^FROST_(\w+_)?PORT$/.test(name)
  return Object.fromEntries(Object.entries(given).filter(([name]) => isKept(name)))
}

/** @throws FrostError where a port is taken, a network runs already, or a service does not come up */
export async function startScenario(options: ScenarioOptions): Promise<RunningScenario> {
  const dataDir = join(options.dataDir, 'scenario-icehub')
  const scripts = installedScripts()
  await using undo = new AsyncDisposableStack()
  await claim(dataDir)
  undo.defer(() => release(dataDir))
  const env = storyEnvironment(options.env)
  const host = '127.0.0.1'
  const usual: PlatformPorts = {
    site: Number(env.FROST_PORT || 4180),
    appview: Number(env.FROST_APPVIEW_PORT || 4181),
    gateway: Number(env.FROST_GATEWAY_PORT || 4182),
  }
  const [here, there] = await portsOf(usual, host)
  const folder = join(dataDir, 'world')
  await emptyFolder(folder)

  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  const network = new Service({
    name: 'network',
    script: scripts.network,
    env: { ...env, FROST_DATA: folder, FROST_SCENARIO: 'icehub' },
    logFile: join(folder, 'logs', 'network.log'),
    patience: READY_PATIENCE_MS,
    onCrash: reason => failed.reject(new FrostError('ServiceFailed', `network ${reason}`)),
  })
  undo.defer(() => network.stop(STOP_PATIENCE_MS))
  const ready = await network.start()
  options.onUp('network')

  let story: Story | undefined
  const control = undo.use(await startControlServer(() => story))
  const shared = {
    ...env,
    FROST_PLC_URL: String(ready.plcUrl),
    // A demonstration does not wait for a day to believe that a host is gone.
    FROST_HOST_SECONDS: '1',
    FROST_HOST_PATIENCE_SECONDS: '3',
  }
  const platform = (name: string, ports: PlatformPorts, more: NodeJS.ProcessEnv = {}) =>
    undo.adopt(
      new Platform({
        name,
        scripts,
        dataDir: join(folder, name.toLowerCase()),
        ports,
        env: { ...shared, ...more },
        network: ready,
      }),
      made => made.stop(),
    )
  const bucket = platform('IceBucket', here, { FROST_SCENARIO_URL: control.url })
  const hub = platform('IceHub', there)
  await Promise.all([bucket.start(), hub.start()])
  options.onUp('both platforms')
  await writeState(dataDir, {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    services: urls(ready, bucket, hub),
  })

  const pdses = Object.fromEntries(
    (ready.pdses as { name: string; url: string }[]).map(({ name, url }) => [name, url]),
  )
  story = undo.adopt(
    new Story({
      network,
      hub,
      bucket,
      pdses,
      folder,
      env: { ...shared, FROST_PDS_PORT: new URL(pdses.icebucket!).port },
      onHappening: options.onHappening,
    }),
    told => told.stop(),
  )
  await story.begin()
  const kept = undo.move()
  return {
    story,
    hub,
    bucket,
    url: `${bucket.siteUrl}/scenario`,
    failed: failed.promise,
    stop: () => kept.disposeAsync(),
  }
}

async function portsOf(usual: PlatformPorts, host: string): Promise<[PlatformPorts, PlatformPorts]> {
  const choose = async (port: number, distance: number) => (port === 0 ? freePort(host) : port + distance)
  const platform = async (distance: number): Promise<PlatformPorts> => ({
    site: await choose(usual.site, distance),
    appview: await choose(usual.appview, distance),
    gateway: await choose(usual.gateway, distance),
  })
  const pair: [PlatformPorts, PlatformPorts] = [await platform(0), await platform(DISTANCE)]
  await assertFree(
    pair.flatMap(({ site, appview, gateway }) => [
      { service: 'site', variable: 'FROST_PORT', port: site },
      { service: 'AppView', variable: 'FROST_APPVIEW_PORT', port: appview },
      { service: 'gateway', variable: 'FROST_GATEWAY_PORT', port: gateway },
    ]),
    host,
  )
  return pair
}

function urls(network: Ready, ...platforms: readonly Platform[]): Record<string, { url?: string }> {
  const services: Record<string, { url?: string }> = { network: { url: network.url } }
  for (const { name, siteUrl, appviewUrl } of platforms) {
    services[`${name} site`] = { url: siteUrl }
    services[`${name} AppView`] = { url: appviewUrl }
  }
  return services
}
