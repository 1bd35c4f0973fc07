import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DEFAULT_PROOFS, type ProofPolicy } from '@frost/index/proof-policy'
import { withoutEnd } from '@frost/lexicon'
import { parseUpstream } from '@frost/sync/address'
import type { HealthConfig } from './health/service.ts'
import type { LabelerChoice } from './labels/service.ts'
import { privateKeyFrom } from './labels/signing-key.ts'
import type { OperatorConfig } from './xrpc/operators.ts'

/** A snapshot of another AppView. */
export interface SnapshotSource {
  /** Origin of the AppView; or the address, file or folder of an answer of its `service.exportSnapshot`. */
  readonly source: string
  /** Of the operators of that AppView. */
  readonly password?: string
}

/** Everything an AppView needs to know to run; all of it may come from the environment (see `docs/operators.md`). */
export interface AppViewConfig extends OperatorConfig {
  /** Address and port to listen on; port 0 takes a free one. */
  readonly host: string
  readonly port: number
  /** Public origin, e.g. `https://appview.example.org`, that other services reach. */
  readonly publicUrl?: string
  /** Origin of the site: its pages are where feeds lead, and citations of what has neither DOI nor page of its own. */
  readonly siteUrl?: string
  /** The service's DID; a did:web of the public origin where not given. */
  readonly did?: string
  /** Folder of the database and the search index. */
  readonly dataDir: string
  /** `postgres://…` to keep the truth in PostgreSQL rather than in SQLite under `dataDir`. */
  readonly databaseUrl?: string
  /**
   * What is read: `wss://` of relays and PDSes, `jetstream+wss://` of Jetstreams, `archive:/folder` of CAR files; on a local network
   * also `ws://`.
   */
  readonly upstreams: readonly string[]
  /** The hosts that upstream relays list are read directly too. */
  readonly discoverHosts?: boolean
  /** zstd dictionary of the Jetstreams; without it they are read uncompressed. */
  readonly jetstreamDictionary?: Uint8Array
  /** Directory of did:plc. */
  readonly plcUrl: string
  /** Requests one client address may make in five minutes. */
  readonly requestsPerWindow: number
  /** Subscriptions to updates at once (default 5,000), and from one address (default 50; 0: no limit of its own). */
  readonly subscriptions?: number
  readonly subscriptionsPerAddress?: number
  /** Webhooks may be plain http on this machine; in a local network they may anyway. */
  readonly loopbackWebhooks?: boolean
  /** Private key (secp256k1, 32 bytes) that signs this AppView's own labels; one in `dataDir`, made at first, where not given. */
  readonly labelKey?: Uint8Array
  /** Labelers that are read. */
  readonly labelers?: readonly LabelerChoice[]
  /** Labelers that are read besides because readers chose them (default 100; 0: none). */
  readonly readerLabelers?: number
  /** Records that are kept of one account; 0 sets no limit. */
  readonly mostRecords?: number
  /** SMTP server by which notifications are sent, as `smtp://user:password@host:587` or `smtps://…`; without, none are. */
  readonly smtpUrl?: string
  /** Whom they are from, as `FROST <no-reply@example.org>`. */
  readonly mailFrom?: string
  /** Seconds before a webhook's delivery is tried a second time (5); each further wait is three times as long. */
  readonly webhookRetrySeconds?: number
  /** Snapshots are made: of what is public for whoever asks, of what an AppView can start from for operators. Default: yes. */
  readonly snapshots?: boolean
  /** What a new AppView begins with. Once taken in, a snapshot is not looked at any more. */
  readonly beginWith?: readonly SnapshotSource[]
  /** Days that the update log goes back; 0 keeps all of it. */
  readonly logDays?: number
  /** Seconds between two comparisons of every upstream's list of heads with what is held. */
  readonly sweepSeconds?: number
  /** Seconds between two looks at whether the hosts of accounts answer (3,600), and of silence after which one is gone (86,400). */
  readonly hostSeconds?: number
  readonly hostPatienceSeconds?: number
  /** Which proofs are kept of states that somebody pinned and that were replaced. */
  readonly pinnedProofs?: ProofPolicy
  /** How the places where data lies are looked at; absent: they are not. */
  readonly health?: HealthConfig
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
    siteUrl: withoutEnd(env.FROST_PUBLIC_URL ?? '', '/') || undefined,
    did: env.FROST_APPVIEW_DID || undefined,
    dataDir: resolve(env.FROST_DATA || './data', 'appview'),
    databaseUrl: env.FROST_DATABASE_URL || undefined,
    upstreams: (env.FROST_UPSTREAMS ?? '')
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(upstream => checkedUpstream(upstream, isLocalNetwork({ plcUrl }))),
    discoverHosts: flagFrom('FROST_DISCOVER_HOSTS', env.FROST_DISCOVER_HOSTS),
    jetstreamDictionary: fileFrom('FROST_JETSTREAM_DICTIONARY', env.FROST_JETSTREAM_DICTIONARY),
    plcUrl,
    requestsPerWindow: integerFrom('FROST_RATE_LIMIT', env.FROST_RATE_LIMIT, requests),
    subscriptions: integerFrom('FROST_SUBSCRIPTIONS', env.FROST_SUBSCRIPTIONS, 5000),
    subscriptionsPerAddress: integerFrom(
      'FROST_SUBSCRIPTIONS_PER_ADDRESS',
      env.FROST_SUBSCRIPTIONS_PER_ADDRESS,
      isLocalNetwork({ plcUrl }) ? 0 : 50,
    ),
    loopbackWebhooks: flagFrom('FROST_WEBHOOK_LOOPBACK', env.FROST_WEBHOOK_LOOPBACK),
    operators: didsFrom('FROST_OPERATORS', env.FROST_OPERATORS),
    adminPassword: env.FROST_ADMIN_PASSWORD || undefined,
    labelKey: env.FROST_LABEL_KEY ? privateKeyFrom(env.FROST_LABEL_KEY, 'FROST_LABEL_KEY') : undefined,
    labelers: (env.FROST_LABELERS ?? '')
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(labelerFrom),
    readerLabelers: integerFrom('FROST_READER_LABELERS', env.FROST_READER_LABELERS, 100),
    mostRecords: integerFrom('FROST_MOST_RECORDS', env.FROST_MOST_RECORDS, 1_000_000),
    smtpUrl: smtpFrom(env.FROST_SMTP_URL),
    mailFrom: env.FROST_MAIL_FROM || undefined,
    webhookRetrySeconds: integerFrom('FROST_WEBHOOK_RETRY_SECONDS', env.FROST_WEBHOOK_RETRY_SECONDS, 5),
    beginWith: snapshotSources(env.FROST_SNAPSHOT, env.FROST_SNAPSHOT_PASSWORD),
    snapshots: flagFrom('FROST_SNAPSHOTS', env.FROST_SNAPSHOTS || '1'),
    logDays: integerFrom('FROST_LOG_DAYS', env.FROST_LOG_DAYS, 0),
    sweepSeconds: integerFrom('FROST_SWEEP_SECONDS', env.FROST_SWEEP_SECONDS, 21_600),
    hostSeconds: integerFrom('FROST_HOST_SECONDS', env.FROST_HOST_SECONDS, 3600),
    hostPatienceSeconds: integerFrom('FROST_HOST_PATIENCE_SECONDS', env.FROST_HOST_PATIENCE_SECONDS, 86_400),
    pinnedProofs: pinnedProofsFrom(env),
    health: healthFrom(env, isLocalNetwork({ plcUrl })),
    logLevel: env.FROST_LOG_LEVEL || 'info',
  }
}

/** Each password goes to one AppView alone: of several, they stand in the order of those that are asked. */
function snapshotSources(sources = '', passwords = ''): SnapshotSource[] {
  const list = [
    ...new Set(
      sources
        .split(/[\n,]+/)
        .map(text => text.trim())
        .filter(Boolean),
    ),
  ]
  const asked = list.filter(source => /^https?:/.test(source))
  const given = asked.length > 1 ? passwords.split(/\s+/).filter(Boolean) : passwords ? [passwords] : []
  if (given.length > 0 && given.length !== asked.length && asked.length > 1)
    throw new Error(
      `FROST_SNAPSHOT_PASSWORD holds ${given.length} passwords for ${asked.length} AppViews: give one for each, in the order of ` +
        'FROST_SNAPSHOT, separated by spaces',
    )
  return list.map(source => {
    const password = given[asked.indexOf(source)]
    return { source, ...(password !== undefined && { password }) }
  })
}

function healthFrom(env: NodeJS.ProcessEnv, isLocal: boolean): HealthConfig | undefined {
  if (env.FROST_HEALTH && !flagFrom('FROST_HEALTH', env.FROST_HEALTH)) return undefined
  const hours = integerFrom('FROST_HEALTH_HOURS', env.FROST_HEALTH_HOURS, 24)
  if (hours === 0)
    throw new Error("FROST_HEALTH_HOURS is '0': give 1 or more, or FROST_HEALTH=0 to look at nothing")
  return {
    interval: hours * 3_600_000,
    retry: 600_000,
    // A store on this machine serves the whole network: its datasets would wait for one another.
    host: integerFrom('FROST_HEALTH_HOST_SECONDS', env.FROST_HEALTH_HOST_SECONDS, isLocal ? 1 : 10) * 1000,
    perMinute: integerFrom('FROST_HEALTH_PER_MINUTE', env.FROST_HEALTH_PER_MINUTE, 120),
    skip: (env.FROST_HEALTH_SKIP ?? '')
      .toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean),
  }
}

/** True where the identity directory is on this machine, so that plain http and loopback hosts are allowed. */
export function isLocalNetwork(config: Pick<AppViewConfig, 'plcUrl'>): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(config.plcUrl).hostname)
}

/** Whether updates are sent to plain http addresses of this machine. */
export function allowsLoopbackWebhooks(config: Pick<AppViewConfig, 'plcUrl' | 'loopbackWebhooks'>): boolean {
  return config.loopbackWebhooks === true || isLocalNetwork(config)
}

function checkedUpstream(text: string, allowLoopbackHttp: boolean): string {
  try {
    return parseUpstream(text, { allowLoopbackHttp }).url
  } catch (error) {
    throw new Error(`FROST_UPSTREAMS: ${(error as Error).message}`)
  }
}

function pinnedProofsFrom(env: NodeJS.ProcessEnv): ProofPolicy {
  const accounts = didsFrom('FROST_PINNED_PROOFS_OF', env.FROST_PINNED_PROOFS_OF)
  const megabytes = DEFAULT_PROOFS.bytes / 1_000_000
  return {
    ...(accounts.length > 0 && { accounts: new Set(accounts) }),
    days: integerFrom('FROST_PINNED_PROOFS_DAYS', env.FROST_PINNED_PROOFS_DAYS, DEFAULT_PROOFS.days),
    bytes: integerFrom('FROST_PINNED_PROOFS_MB', env.FROST_PINNED_PROOFS_MB, megabytes) * 1_000_000,
  }
}

function didsFrom(name: string, text = ''): string[] {
  const dids = text.split(/[\s,]+/).filter(Boolean)
  for (const did of dids)
    if (!/^did:[a-z]+:\S+$/.test(did)) throw new Error(`${name} has '${did}': give DIDs, such as did:plc:…`)
  return dids
}

/** `did:plc:…`, or `did:plc:…;redact` for one whose takedowns hold here. */
function labelerFrom(text: string): LabelerChoice {
  const [did = '', ...flags] = text.split(';')
  if (/^did:[a-z]+:\S+$/.test(did) && flags.every(flag => flag === 'redact'))
    return { did, isTrusted: flags.includes('redact') }
  throw new Error(
    `FROST_LABELERS has '${text}': give DIDs, with ;redact behind those whose takedowns hold here`,
  )
}

function smtpFrom(text: string | undefined): string | undefined {
  if (!text) return undefined
  if (URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname) return text
  // The address holds a password: it is not repeated.
  throw new Error('FROST_SMTP_URL is no address of a mail server: write smtp://user:password@host:587')
}

function flagFrom(name: string, text: string | undefined): boolean {
  if (text === undefined || text === '' || text === '0') return false
  if (text !== '1') throw new Error(`${name} is '${text}': give 1 for yes, 0 for no`)
  return true
}

function fileFrom(name: string, path: string | undefined): Uint8Array | undefined {
  if (!path) return undefined
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Error(`${name}: '${path}' cannot be read: ${(error as Error).message}`)
  }
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
