import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Gateway, type GatewayConfig, startGateway } from '@frost/gateway'

/** A gateway in this process, with a folder of its own. */
export interface Serving extends AsyncDisposable {
  readonly gateway: Gateway
  readonly dataDir: string
  ask(path: string, params?: Params, init?: RequestInit): Promise<Asked>
  /** A new gateway over the same folder; with other settings where they are given. */
  restart(changes?: Partial<GatewayConfig>): Promise<void>
}

export type Params = Readonly<Record<string, string | readonly string[]>>

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  /** Of a JSON answer. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what is tested
  readonly json: any
}

const SETTINGS: GatewayConfig = {
  host: '127.0.0.1',
  port: 0,
  dataDir: '',
  cacheBytes: 50_000_000,
  freshSeconds: 0,
  workers: 2,
  workerBytes: 512_000_000,
  jobSeconds: 60,
  exportSeconds: 120,
  exportBudget: { bytes: 1_000_000_000, requests: 10_000 },
  exportBytes: 1_000_000_000,
  queueLength: 64,
  queueSeconds: 60,
  requestsPerWindow: 0,
  loopbackPorts: [],
  refuse: [],
  logLevel: 'silent',
}

/** @param script what its workers run, where it is not the reader */
export async function serving(changes: Partial<GatewayConfig> = {}, script?: string): Promise<Serving> {
  const dataDir = await mkdtemp(join(tmpdir(), 'frost-gateway-'))
  let config = { ...SETTINGS, dataDir, ...changes }
  let gateway = await startGateway(config, script)
  return {
    get gateway() {
      return gateway
    },
    dataDir,
    ask: (path, params, init) => askAt(gateway.url, path, params, init),
    async restart(more = {}) {
      await gateway.stop()
      config = { ...config, ...more }
      gateway = await startGateway(config, script)
    },
    async [Symbol.asyncDispose]() {
      await gateway.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export async function askAt(
  url: string,
  path: string,
  params: Params = {},
  init?: RequestInit,
): Promise<Asked> {
  const response = await fetch(urlOf(url, path, params), init)
  const body = Buffer.from(await response.arrayBuffer())
  const isJson = body.length > 0 && response.headers.get('content-type')?.startsWith('application/json')
  return {
    status: response.status,
    headers: response.headers,
    body,
    json: isJson && JSON.parse(body.toString()),
  }
}

export function urlOf(url: string, path: string, params: Params): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params))
    for (const item of [value].flat()) query.append(name, String(item))
  return `${url}${path}?${query}`
}

export const cacheStatus = ({ headers }: Asked) => headers.get('cache-status')

/** A service that is stopped when its block ends. */
export function disposable<T extends { stop(): Promise<void> }>(service: T): T & AsyncDisposable {
  return Object.assign(Object.create(service) as T, { [Symbol.asyncDispose]: () => service.stop() })
}
