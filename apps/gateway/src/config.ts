import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'

/** Everything a gateway needs to know to run; all of it may come from the environment (see `docs/operators.md`). */
export interface GatewayConfig {
  /** Address and port to listen on; port 0 takes a free one. */
  readonly host: string
  readonly port: number
  /** Folder of the cache, and of what workers write aside. */
  readonly dataDir: string
  /** Bytes on disk of all answers that are kept. */
  readonly cacheBytes: number
  /** Seconds for which an answer about what may change is given again without asking the store whether it did. */
  readonly freshSeconds: number
  /** Processes that read. Each does one job at a time; all but one of them may be exporting. */
  readonly workers: number
  /** Bytes of memory that one of them may hold; more ends it. */
  readonly workerBytes: number
  /** Seconds that describing or previewing may take, and for which an export may give nothing. */
  readonly jobSeconds: number
  readonly exportSeconds: number
  /** What an export may read of the store. */
  readonly exportBudget: { readonly requests: number; readonly bytes: number }
  /** Bytes that an export may have, sent or written aside: chunks that a store does not hold cost nothing to read. */
  readonly exportBytes: number
  /** Requests that may wait for a worker, and for how many seconds. */
  readonly queueLength: number
  readonly queueSeconds: number
  /** Requests one client address may make in five minutes; 0 for no limit. */
  readonly requestsPerWindow: number
  /** Ports of this machine that may be read from, by its loopback names: for development and the network in a box. */
  readonly loopbackPorts: readonly number[]
  /** Addresses that are never read from, beyond those that are not public: ranges in CIDR notation. */
  readonly refuse: readonly string[]
  readonly logLevel: string
}

const MEGABYTE = 1_000_000

/**
 * Reads the configuration from environment variables.
 * @throws if a variable holds something that cannot be used; the message names it, its value and the remedy.
 */
export function configFromEnv(env: NodeJS.ProcessEnv = process.env): GatewayConfig {
  const integer = (name: string, otherwise: number, least = 0, most = Number.MAX_SAFE_INTEGER) =>
    integerFrom(name, env[name], otherwise, least, most)
  const loopbackPorts = words(env.FROST_GATEWAY_LOOPBACK_PORTS).map(text =>
    integerFrom('FROST_GATEWAY_LOOPBACK_PORTS', text, 4190, 1, 65_535),
  )
  return {
    host: env.FROST_HOST || '127.0.0.1',
    port: integer('FROST_GATEWAY_PORT', 4182, 0, 65_535),
    dataDir: resolve(env.FROST_DATA || './data', 'gateway'),
    cacheBytes: integer('FROST_GATEWAY_CACHE_MB', 2_000) * MEGABYTE,
    freshSeconds: integer('FROST_GATEWAY_FRESH_SECONDS', 5),
    workers: integer('FROST_GATEWAY_WORKERS', Math.max(2, availableParallelism()), 1, 256),
    workerBytes: integer('FROST_GATEWAY_WORKER_MB', 512, 256) * MEGABYTE,
    jobSeconds: integer('FROST_GATEWAY_JOB_SECONDS', 40, 1),
    exportSeconds: integer('FROST_GATEWAY_EXPORT_SECONDS', 3_600, 1),
    exportBudget: {
      bytes: integer('FROST_GATEWAY_EXPORT_MB', 4_000) * MEGABYTE,
      requests: integer('FROST_GATEWAY_EXPORT_REQUESTS', 50_000),
    },
    exportBytes: integer('FROST_GATEWAY_EXPORT_OUTPUT_MB', 20_000) * MEGABYTE,
    queueLength: integer('FROST_GATEWAY_QUEUE', 64, 1),
    queueSeconds: 20,
    // In a network in a box every caller has the same address: no limit there, unless one is asked for.
    requestsPerWindow: integer('FROST_GATEWAY_RATE_LIMIT', loopbackPorts.length > 0 ? 0 : 600),
    loopbackPorts,
    refuse: words(env.FROST_GATEWAY_REFUSE).map(checkedRange),
    logLevel: env.FROST_LOG_LEVEL || 'info',
  }
}

function words(text = ''): string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}

function checkedRange(text: string): string {
  const [, address = '', bits = ''] = /^([\da-f.:]+)\/(\d{1,3})$/i.exec(text) ?? []
  if (address === '' || Number(bits) > (address.includes(':') ? 128 : 32))
    throw new Error(`FROST_GATEWAY_REFUSE holds '${text}', which is no range: write such as 203.0.113.0/24`)
  return text
}

function integerFrom(
  name: string,
  text: string | undefined,
  otherwise: number,
  least: number,
  most: number,
): number {
  if (text === undefined || text === '') return otherwise
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const bounds = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
    throw new Error(`${name} is '${text}': give a whole number ${bounds}, such as ${otherwise}`)
  }
  return value
}
