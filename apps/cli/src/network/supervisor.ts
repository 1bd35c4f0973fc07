import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { FrostError } from '@frost/client/errors'
import { assertFree, freePort, type PortUse } from './ports.ts'
import { type Ready, rotateLog, Service } from './service.ts'
import { claim, release, writeState } from './state.ts'

const READY_PATIENCE_MS = 180_000
/** The AppView gives requests under way 3 s; all of it together stays below 5 s. */
const UPPER_PATIENCE_MS = 3_200
const STOP_PATIENCE_MS = 4_500
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
const STEADY_MS = 60_000

export interface SupervisorOptions {
  readonly dataDir: string
  readonly env: NodeJS.ProcessEnv
  /** Called with what happens: a service is up, has crashed, is started anew. */
  onEvent(event: { event: string; service: string; detail?: string }): void
  /** Called for each line of a service, where its log is to be seen at once. */
  onLine?(service: string, line: string): void
}

/** What came up: the messages with which the services said that they are ready. */
export interface Started {
  readonly network: Ready
  readonly appview: Ready
  /** Undefined where they are not installed. */
  readonly gateway?: Ready
  readonly web?: Ready
  readonly milliseconds: number
}

/**
 * Runs network, AppView, gateway and site as child processes: starts them in order, starts all but the network anew when they
 * crash (after 0.5 s, then twice that, up to 30 s), and stops all of them together.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #services = new Map<string, Service>()
  readonly #urls: Record<string, string | undefined> = {}
  readonly #startedAt = new Date()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #failed = Promise.withResolvers<never>()
  #stopping?: Promise<void>
  #claimed = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#failed.promise.catch(() => undefined)
  }

  /** Rejects when a service without which there is no network has ended. */
  get failed(): Promise<never> {
    return this.#failed.promise
  }

  /** @throws FrostError where a port is taken, a network runs already, or a service does not come up. */
  async start(): Promise<Started> {
    const { dataDir } = this.#options
    const env = await withPorts(this.#options.env)
    const scripts = installedScripts()
    await claim(dataDir)
    this.#claimed = true
    try {
      await assertFree(portsOf(env, scripts))
      for (const name of ['network', 'appview', 'gateway', 'web'])
        rotateLog(this.#log(name), path => statSync(path).size)

      const network = await this.#run('network', scripts.network, env)
      const serviceEnv = serviceEnvironment(env, network)
      const [appview, gateway, web] = await Promise.all([
        this.#run('appview', scripts.appview, serviceEnv.appview),
        scripts.gateway ? this.#run('gateway', scripts.gateway, serviceEnv.gateway) : undefined,
        scripts.web
          ? this.#run('web', scripts.web, { ...serviceEnv.web, ...jsxOf(scripts.web) }, [
              '--import',
              loaderOf(scripts.web),
            ])
          : undefined,
      ])
      return { network, appview, gateway, web, milliseconds: Date.now() - this.#startedAt.getTime() }
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Stops every service; none is left after 5 seconds. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    const began = Date.now()
    const upper = [...this.#services.values()].filter(({ name }) => name !== 'network')
    await Promise.all(upper.map(service => service.stop(UPPER_PATIENCE_MS)))
    await this.#services.get('network')?.stop(Math.max(500, STOP_PATIENCE_MS - (Date.now() - began)))
    // One that never got the folder must not take the mark of the one that runs from it.
    if (this.#claimed) await release(this.#options.dataDir)
  }

  async #run(name: string, script: string, env: NodeJS.ProcessEnv, execArgv: string[] = []): Promise<Ready> {
    let pause = FIRST_PAUSE_MS
    const { onEvent, onLine } = this.#options
    const launch = async (): Promise<Ready> => {
      const since = Date.now()
      const service = new Service({
        name,
        script,
        execArgv,
        env,
        logFile: this.#log(name),
        patience: READY_PATIENCE_MS,
        onLine: onLine && (line => onLine(name, line)),
        onCrash: reason => {
          if (this.#stopping) return
          onEvent({ event: 'crashed', service: name, detail: reason })
          if (name === 'network') {
            this.#failed.reject(
              new FrostError('ServiceFailed', `network ${reason} (log: ${this.#log(name)})`),
            )
            return
          }
          if (Date.now() - since > STEADY_MS) pause = FIRST_PAUSE_MS
          again()
        },
      })
      this.#services.set(name, service)
      const ready = await service.start()
      this.#urls[name] = ready.url
      await this.#save()
      return ready
    }
    const again = () => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        launch().then(
          () => onEvent({ event: 'restarted', service: name }),
          (error: Error) => {
            if (this.#stopping) return
            onEvent({ event: 'crashed', service: name, detail: error.message })
            again()
          },
        )
      }, pause)
      this.#timers.add(timer)
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
    const ready = await launch()
    onEvent({ event: 'up', service: name, detail: ready.url })
    return ready
  }

  async #save(): Promise<void> {
    if (this.#stopping) return
    const services = Object.fromEntries(
      [...this.#services.values()].map(({ name, pid }) => [name, { pid, url: this.#urls[name] }]),
    )
    await writeState(this.#options.dataDir, {
      pid: process.pid,
      startedAt: this.#startedAt.toISOString(),
      services,
    })
  }

  #log(name: string): string {
    return join(this.#options.dataDir, 'logs', `${name}.log`)
  }
}

export interface Scripts {
  readonly network: string
  readonly appview: string
  readonly gateway?: string
  readonly web?: string
}

/** The services' entry files; there is a network without gateway and site. */
export function installedScripts(): Scripts {
  const script = (name: string): string | undefined => {
    try {
      const path = fileURLToPath(import.meta.resolve(`@frost/${name}/main`))
      return statSync(path, { throwIfNoEntry: false }) ? path : undefined
    } catch {
      return undefined
    }
  }
  const network = script('network')
  const appview = script('appview')
  if (!network || !appview) {
    const missing = network ? '@frost/appview' : '@frost/network'
    throw new FrostError(
      'NotInstalled',
      `${missing} is not installed: run 'npm install' in the whole project`,
    )
  }
  return { network, appview, gateway: script('gateway'), web: script('web') }
}

/** The loader that compiles the site's JSX, as the site's own package has it. */
export function loaderOf(script: string): string {
  return pathToFileURL(createRequire(script).resolve('tsx')).href
}

/** How that loader compiles it: it would look for a tsconfig.json from the folder in which the command was given. */
export function jsxOf(script: string): { readonly TSX_TSCONFIG_PATH?: string } {
  for (let folder = dirname(script); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'tsconfig.json')
    if (existsSync(path)) return { TSX_TSCONFIG_PATH: path }
  }
  return {}
}

function portsOf(env: NodeJS.ProcessEnv, { gateway, web }: Scripts): PortUse[] {
  const use = (service: string, variable: string, otherwise: number): PortUse => ({
    service,
    variable,
    port: Number(env[variable] || otherwise),
  })
  return [
    ...(web ? [use('site', 'FROST_PORT', 4180)] : []),
    use('AppView', 'FROST_APPVIEW_PORT', 4181),
    ...(gateway ? [use('gateway', 'FROST_GATEWAY_PORT', 4182)] : []),
    use('identity directory', 'FROST_PLC_PORT', 4183),
    use('relay', 'FROST_RELAY_PORT', 4184),
    use('first PDS', 'FROST_PDS_PORT', 4185),
    ...secondPds(use('second PDS', 'FROST_PDS_PORT', 4185)),
    use('object store', 'FROST_STORE_PORT', 4190),
  ]
}

/** PDSes listen on ports that follow one another. */
function secondPds(first: PortUse): PortUse[] {
  return first.port === 0 ? [] : [{ ...first, port: first.port + 1 }]
}

/** Chooses ports for site, AppView and gateway where any will do (0), because each must know the others'. */
async function withPorts(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const chosen: NodeJS.ProcessEnv = { ...env }
  for (const variable of ['FROST_PORT', 'FROST_APPVIEW_PORT', 'FROST_GATEWAY_PORT']) {
    if (env[variable] === '0') chosen[variable] = String(await freePort(env.FROST_HOST || '127.0.0.1'))
  }
  return chosen
}

/**
 * What AppView, gateway and site are told about the network that came up; the person's own variables win. Of this machine the gateway
 * may read the network's object store, and nothing else.
 */
export function serviceEnvironment(
  env: NodeJS.ProcessEnv,
  network: Ready,
): { appview: NodeJS.ProcessEnv; gateway: NodeJS.ProcessEnv; web: NodeJS.ProcessEnv } {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  const appviewPort = env.FROST_APPVIEW_PORT || '4181'
  const plc = env.FROST_PLC_URL || text(network.plcUrl) || `http://localhost:${env.FROST_PLC_PORT || 4183}`
  const relay = text(network.relayUrl) ?? `http://localhost:${env.FROST_RELAY_PORT || 4184}`
  const pdses = Array.isArray(network.pdses) ? (network.pdses as { name: string; url: string }[]) : []
  const store = URL.parse(text(network.storeUrl) ?? '')?.port || env.FROST_STORE_PORT || '4190'
  // Whoever has a box is to see the pages of operators too: there the person of the start message is one.
  const { did: demo } = (network.demo ?? {}) as { readonly did?: string }
  const shared = {
    ...env,
    FROST_OPERATORS: env.FROST_OPERATORS || demo,
    FROST_PLC_URL: plc,
    FROST_APPVIEW_DID: env.FROST_APPVIEW_DID || `did:web:localhost%3A${appviewPort}`,
    FROST_APPVIEW_URL: env.FROST_APPVIEW_URL || `http://localhost:${appviewPort}`,
    FROST_GATEWAY_URL: env.FROST_GATEWAY_URL || `http://127.0.0.1:${env.FROST_GATEWAY_PORT || '4182'}`,
  }
  // The site of the box is where the AppView's feeds and citations lead.
  const site = env.FROST_PUBLIC_URL || `http://${env.FROST_HOST || '127.0.0.1'}:${env.FROST_PORT || '4180'}`
  return {
    appview: {
      ...shared,
      FROST_PUBLIC_URL: site,
      FROST_UPSTREAMS: env.FROST_UPSTREAMS || relay.replace(/^http/, 'ws'),
      FROST_SMTP_URL: env.FROST_SMTP_URL || text(network.smtpUrl),
    },
    gateway: { ...shared, FROST_GATEWAY_LOOPBACK_PORTS: env.FROST_GATEWAY_LOOPBACK_PORTS || store },
    web: {
      ...shared,
      FROST_PROVIDERS: env.FROST_PROVIDERS || pdses.map(({ name, url }) => `${name}=${url}`).join(' '),
      // Any PDS of the box knows the handles of all.
      ...(pdses[0] && { FROST_PDS_PORT: new URL(pdses[0].url).port }),
    },
  }
}
