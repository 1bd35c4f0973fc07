import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type FolderLock, lockFolder } from '@frost/index/folder-lock'
import type { Account, NewAccount } from './accounts.ts'
import { HandleResolver } from './handle-resolver.ts'
import { MailCatcher } from './mail.ts'
import { Pds } from './managed-pds.ts'
import { type ObjectStore, type ObjectStoreOptions, startObjectStore } from './object-store/server.ts'
import { type Plc, startPlc } from './plc/server.ts'
import { type Relay, type RelayOptions, startRelay } from './relay/relay.ts'
import { readState, writeState } from './state-files.ts'

/** One PDS to run. */
export interface PdsName {
  /** Short name, e.g. `icehub`. */
  readonly name: string
  /** Domain of its handles, e.g. `icehub.test`. */
  readonly domain: string
}

/** The two platforms that every network in a box has unless told otherwise. */
export const DEFAULT_PDSES: readonly PdsName[] = [
  { name: 'icehub', domain: 'icehub.test' },
  { name: 'icebucket', domain: 'icebucket.test' },
]

export interface NetworkOptions {
  /** Folder of all state; made if absent. */
  readonly dataDir: string
  /** Ports to listen on; 0 or absent: the one used before, else any free one. `pds` is the first PDS's, the others follow. */
  readonly ports?: {
    readonly plc?: number
    readonly relay?: number
    readonly pds?: number
    readonly store?: number
  }
  readonly pdses?: readonly PdsName[]
  /** Folder that the object store serves; `store` in the data folder if absent. */
  readonly storeDir?: string
  /** Further folders of the object store, by the first part of their path. */
  readonly mounts?: ObjectStoreOptions['mounts']
  /** Interface to listen on (127.0.0.1). */
  readonly host?: string
  /** How far back the relay's firehose can be replayed. */
  readonly retention?: RelayOptions['retention']
  /** Clock of the PLC directory, for tests of its recovery window. */
  readonly plcClock?: () => number
  readonly log?: (line: string) => void
}

interface NetworkState {
  readonly plcPort: number
  readonly relayPort: number
  readonly storePort: number
  readonly pdses: readonly PdsName[]
  readonly lexiconAuthority?: string
}

/**
 * Starts a whole AT Protocol network on this machine: PLC directory, PDSes, relay and object store in this process, all
 * state in one folder.
 * @throws Error where another process runs a network on the folder, or a port that is asked for is taken
 */
export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const { dataDir, ports = {}, host, log } = options
  await mkdir(dataDir, { recursive: true })
  const lock = lockFolder(dataDir, 'network')
  const undo: (() => Promise<void> | void)[] = [() => lock.release()]
  try {
    const before = await readState<NetworkState>(join(dataDir, STATE_FILE))
    const mails = new MailCatcher(join(dataDir, 'mail.sqlite'), ({ pds, to, subject, token, link }) =>
      log?.(`mail: ${pds} to ${to}: ${subject}${token ? `, code ${token}` : link ? `, ${link}` : ''}`),
    )
    undo.push(() => mails.close())
    const plc = await startPlc({
      path: join(dataDir, 'plc.sqlite'),
      port: ports.plc,
      portBefore: before?.plcPort,
      host,
      now: options.plcClock,
    })
    undo.push(() => plc.stop())
    const relay = await startRelay({
      path: join(dataDir, RELAY_FILE),
      plcUrl: plc.url,
      port: ports.relay,
      portBefore: before?.relayPort,
      host,
      retention: options.retention,
      // The PDSes of the box are not there yet; they announce themselves.
      resume: false,
      log,
    })
    undo.push(() => relay.stop())
    const store = await startObjectStore({
      folder: options.storeDir ?? join(dataDir, 'store'),
      mounts: options.mounts,
      port: ports.store,
      portBefore: before?.storePort,
      host,
    })
    undo.push(() => store.stop())
    const network = new Network({ options, lock, mails, plc, relay, store, before })
    undo.splice(0, undo.length, () => network.stop())
    const names = new Map(
      [...(options.pdses ?? DEFAULT_PDSES), ...(before?.pdses ?? [])].map(pds => [pds.name, pds]),
    )
    const opened = await Promise.allSettled(
      [...names.values()].map((name, index) => network.open(name, index)),
    )
    for (const result of opened) if (result.status === 'rejected') throw result.reason
    relay.resume()
    await network.save()
    return network
  } catch (error) {
    for (const step of undo.reverse()) await Promise.resolve(step()).catch(() => undefined)
    throw error
  }
}

const STATE_FILE = 'state.json'
const RELAY_FILE = 'relay.sqlite'

interface Parts {
  readonly options: NetworkOptions
  readonly lock: FolderLock
  readonly mails: MailCatcher
  readonly plc: Plc
  readonly relay: Relay
  readonly store: ObjectStore
  readonly before?: NetworkState
}

/** A running network in a box. */
export class Network {
  readonly dataDir: string
  readonly plc: Plc
  readonly store: ObjectStore
  readonly mails: MailCatcher
  readonly handles = new HandleResolver()
  #relay: Relay
  readonly #options: NetworkOptions
  readonly #lock: FolderLock
  /** By their place among the ports; a place is empty while its PDS starts. */
  readonly #pdses: (Pds | undefined)[] = []
  #lexiconAuthority: string | undefined
  #stopping: Promise<void> | undefined

  constructor({ options, lock, mails, plc, relay, store, before }: Parts) {
    this.dataDir = options.dataDir
    this.#options = options
    this.#lock = lock
    this.mails = mails
    this.plc = plc
    this.#relay = relay
    this.store = store
    this.#lexiconAuthority = before?.lexiconAuthority
  }

  get plcUrl(): string {
    return this.plc.url
  }

  get relay(): Relay {
    return this.#relay
  }

  /** Of subscriptions: `ws://localhost:PORT`. */
  get relayUrl(): string {
    return this.relay.url
  }

  get pdses(): readonly Pds[] {
    return this.#pdses.filter(pds => pds !== undefined)
  }

  /** DID of the account that publishes the lexicons; undefined before they are published. */
  get lexiconAuthority(): string | undefined {
    return this.#lexiconAuthority
  }

  /**
   * The PDS of a name; the first one where no name is given.
   * @throws Error that lists the names there are
   */
  pds(name?: string): Pds {
    const pds = this.pdses.find(known => name === undefined || known.name === name)
    if (!pds) {
      const names = this.pdses.map(known => known.name).join(', ')
      throw new Error(`no PDS '${name}' in this network: it has ${names || 'none'}`)
    }
    return pds
  }

  /** Starts one more PDS. It belongs to the network from now on, also after a restart. */
  async addPds({ domain, name = domain.split('.')[0]! }: { domain: string; name?: string }): Promise<Pds> {
    if (this.pdses.some(pds => pds.name === name || pds.domain === domain)) {
      throw new Error(`PDS '${name}' (${domain}) is there already: choose another name and domain`)
    }
    const pds = await this.open({ name, domain }, this.#pdses.push(undefined) - 1)
    await this.save()
    return pds
  }

  /** Starts a PDS at a place among the ports, without remembering it for the next start. */
  async open({ name, domain }: PdsName, index: number): Promise<Pds> {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
      throw new Error(`PDS name '${name}': use lower-case letters and digits`)
    const pds = await Pds.start(
      {
        name,
        domain,
        dataDir: join(this.dataDir, 'pds', name),
        plcUrl: this.plc.url,
        handles: this.handles,
        mails: this.mails,
        crawlers: [this.relay.httpUrl],
        port: this.#pdsPort(index),
        host: this.#options.host,
        lexiconAuthority: this.#lexiconAuthority,
      },
      hostname => this.relay.requestCrawl(hostname),
    )
    this.#pdses[index] = pds
    return pds
  }

  /** The port of the PDS at a place: counted from the first one's, past the ports of the other services. */
  #pdsPort(index: number): number | undefined {
    const { pds, ...others } = this.#options.ports ?? {}
    if (!pds) return undefined
    const taken = new Set(Object.values(others))
    let port = pds
    for (let place = 0; place < index || taken.has(port); port++) if (!taken.has(port)) place++
    return port
  }

  /** Stops the relay and starts it again on the same port with the log and the cursors that it kept; faults are not. */
  async restartRelay(): Promise<void> {
    const { port } = this.#relay
    await this.#relay.stop()
    this.#relay = await startRelay({
      path: join(this.dataDir, RELAY_FILE),
      plcUrl: this.plc.url,
      port,
      host: this.#options.host,
      retention: this.#options.retention,
      log: this.#options.log,
    })
  }

  /**
   * Creates an account on the PDS whose domain the handle ends with (`alice.icehub.test`), else on the PDS named, else on
   * the first.
   */
  createAccount({ pds: name, ...account }: NewAccount & { readonly pds?: string }): Promise<Account> {
    const byDomain = this.pdses.find(({ domain }) => account.handle.endsWith(`.${domain}`))
    return (name === undefined && byDomain ? byDomain : this.pds(name)).createAccount(account)
  }

  /** The DID that a handle of the box points to. */
  resolveHandle(handle: string): Promise<string | undefined> {
    return this.handles.resolve(handle)
  }

  /** Makes every PDS, now and later, take lexicons (and so permission sets) from this account. */
  async setLexiconAuthority(did: string): Promise<void> {
    this.#lexiconAuthority = did
    for (const pds of this.pdses) pds.setLexiconAuthority(did)
    await this.save()
  }

  /** Stops everything; all state is kept. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    await this.relay.stop()
    await Promise.all(this.pdses.map(pds => pds.stop()))
    await Promise.all([this.plc.stop(), this.store.stop()])
    this.mails.close()
    this.#lock.release()
  }

  async save(): Promise<void> {
    const state: NetworkState = {
      plcPort: this.plc.port,
      relayPort: this.relay.port,
      storePort: this.store.port,
      pdses: this.pdses.map(({ name, domain }) => ({ name, domain })),
      lexiconAuthority: this.#lexiconAuthority,
    }
    await writeState(join(this.dataDir, STATE_FILE), state)
  }
}
