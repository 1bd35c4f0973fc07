import { resolve } from 'node:path'

/** Everything an AppView needs to know to run; all of it may come from the environment (see `docs/operators.md`). */
export interface AppViewConfig {
  /** Address and port to listen on; port 0 takes a free one. */
  readonly host: string
  readonly port: number
  /** Public origin, e.g. `https://appview.example.org`, that other services reach. */
  readonly publicUrl?: string
  /** The service's DID; a did:web of the public origin where not given. */
  readonly did?: string
  /** Folder of the database and the search index. */
  readonly dataDir: string
  /** `postgres://…` to keep the truth in PostgreSQL rather than in SQLite under `dataDir`. */
  readonly databaseUrl?: string
  /** Relays and PDSes whose firehose is read: `wss://`, `ws://`, `https://` or `http://` origins. */
  readonly upstreams: readonly string[]
  /** Directory of did:plc. */
  readonly plcUrl: string
  /** Requests one client address may make in five minutes. */
  readonly requestsPerWindow: number
  /** Seconds between two comparisons of every upstream's list of heads with what is held. */
  readonly sweepSeconds?: number
  readonly logLevel: string
}

const PUBLIC_PLC = 'https://plc.directory'

/**
 * Reads the configuration from environment variables.
 * @throws if a variable holds something that cannot be used; the message names it, its value and the remedy.
 */
export function configFromEnv(env: NodeJS.ProcessEnv = process.env): AppViewConfig {
  const plcUrl = env.FROST_PLC_URL || PUBLIC_PLC
  // On a local network every caller has the same address: no limit there, unless one is asked for.
  const requests = isLocalNetwork({ plcUrl }) ? 0 : 3000
  return {
    host: env.FROST_HOST || '127.0.0.1',
    port: portFrom('FROST_APPVIEW_PORT', env.FROST_APPVIEW_PORT, 4181),
    publicUrl: env.FROST_APPVIEW_URL || undefined,
    did: env.FROST_APPVIEW_DID || undefined,
    dataDir: resolve(env.FROST_DATA || './data', 'appview'),
    databaseUrl: env.FROST_DATABASE_URL || undefined,
    upstreams: (env.FROST_UPSTREAMS ?? '')
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(upstream => checkedUpstream(upstream)),
    plcUrl,
    requestsPerWindow: integerFrom('FROST_RATE_LIMIT', env.FROST_RATE_LIMIT, requests),
    sweepSeconds: integerFrom('FROST_SWEEP_SECONDS', env.FROST_SWEEP_SECONDS, 21_600),
    logLevel: env.FROST_LOG_LEVEL || 'info',
  }
}

/** True where the identity directory is on this machine, so that plain http and loopback hosts are allowed. */
export function isLocalNetwork(config: Pick<AppViewConfig, 'plcUrl'>): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(config.plcUrl).hostname)
}

function checkedUpstream(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^(wss?|https?):$/.test(url.protocol)) {
    throw new Error(
      `FROST_UPSTREAMS holds '${text}', which is no address of a relay or PDS: write it as wss://relay.example.org`,
    )
  }
  return url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin
}

function integerFrom(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined || text === '') return otherwise
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new Error(`${name} is '${text}': give a whole number, such as ${otherwise}`)
  }
  return value
}

function portFrom(name: string, text: string | undefined, otherwise: number): number {
  const port = integerFrom(name, text, otherwise)
  if (port > 65535) throw new Error(`${name} is '${text}': a port is at most 65535`)
  return port
}
