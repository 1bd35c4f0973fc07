/** A platform of its own: AppView, gateway and site as processes, with a disk that can be lost. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ready, Service } from '../network/service.ts'
import { jsxOf, loaderOf, type Scripts, serviceEnvironment } from '../network/supervisor.ts'

const READY_PATIENCE_MS = 180_000
const STOP_PATIENCE_MS = 3_200

export interface PlatformPorts {
  readonly site: number
  readonly appview: number
  readonly gateway: number
}

export interface PlatformOptions {
  readonly name: string
  readonly scripts: Scripts
  readonly dataDir: string
  readonly ports: PlatformPorts
  readonly env: NodeJS.ProcessEnv
  /** What the network said when it came up. */
  readonly network: Ready
}

export class Platform {
  readonly name: string
  readonly siteUrl: string
  readonly appviewUrl: string
  readonly #options: PlatformOptions
  #services: Service[] = []
  /** When it died (ISO 8601). */
  diedAt: string | undefined

  constructor(options: PlatformOptions) {
    const { name, ports } = options
    this.name = name
    this.#options = options
    this.siteUrl = `http://127.0.0.1:${ports.site}`
    this.appviewUrl = `http://localhost:${ports.appview}`
  }

  /** @throws FrostError where one of its services does not come up */
  async start(): Promise<void> {
    const { scripts, ports, network, dataDir } = this.#options
    const env = serviceEnvironment(
      {
        ...this.#options.env,
        FROST_DATA: dataDir,
        FROST_PORT: String(ports.site),
        FROST_APPVIEW_PORT: String(ports.appview),
        FROST_GATEWAY_PORT: String(ports.gateway),
      },
      network,
    )
    const { appview, gateway, web } = scripts
    await Promise.all([
      this.#run('appview', appview, env.appview),
      gateway && this.#run('gateway', gateway, env.gateway),
      web && this.#run('web', web, { ...env.web, ...jsxOf(web) }, ['--import', loaderOf(web)]),
    ])
  }

  /** Its processes are ended where they stand, and its disk is gone. */
  async die(): Promise<void> {
    this.diedAt = new Date().toISOString()
    await Promise.all(this.#services.map(service => service.stop(0)))
    await rm(this.#options.dataDir, { recursive: true, force: true })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#services.map(service => service.stop(STOP_PATIENCE_MS)))
  }

  async #run(name: string, script: string, env: NodeJS.ProcessEnv, execArgv: string[] = []): Promise<void> {
    const service = new Service({
      name: `${this.name} ${name}`,
      script,
      execArgv,
      env,
      logFile: join(this.#options.dataDir, 'logs', `${name}.log`),
      patience: READY_PATIENCE_MS,
      onCrash: () => undefined,
    })
    this.#services.push(service)
    await service.start()
  }
}
