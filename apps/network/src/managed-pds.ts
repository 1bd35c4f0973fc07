import type { PDS } from '@atproto/pds'
import { type Account, createAccount, type NewAccount } from './accounts.ts'
import { type PdsOptions, type RunningPds, startPds } from './pds.ts'
import { adminAuthorization, bearer, type CallOptions, call } from './xrpc-client.ts'

type Session = Pick<Account, 'did' | 'handle' | 'accessJwt' | 'refreshJwt'>

/** One PDS of the box through its starts and stops: it keeps its address, its keys and its accounts. */
export class Pds {
  readonly name: string
  readonly domain: string
  readonly #options: PdsOptions
  readonly #announce: (hostname: string) => Promise<void>
  #running: RunningPds | undefined
  #lexiconAuthority: string | undefined
  #last: Pick<RunningPds, 'url' | 'did' | 'port'>

  private constructor(
    options: PdsOptions,
    running: RunningPds,
    announce: (hostname: string) => Promise<void>,
  ) {
    this.name = options.name
    this.domain = options.domain
    this.#options = options
    this.#announce = announce
    this.#running = running
    this.#last = running
    this.#lexiconAuthority = options.lexiconAuthority
  }

  /** Starts a PDS and tells the relay of it. */
  static async start(options: PdsOptions, announce: (hostname: string) => Promise<void>): Promise<Pds> {
    const pds = new Pds(options, await startPds(options), announce)
    await announce(pds.hostname)
    return pds
  }

  get url(): string {
    return this.#last.url
  }

  /** DID of the service itself. */
  get did(): string {
    return this.#last.did
  }

  get port(): number {
    return this.#last.port
  }

  /** How it announces itself: `localhost:PORT`. */
  get hostname(): string {
    return `localhost:${this.port}`
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** The stock PDS, for tests that need its inside. */
  get server(): PDS {
    return this.#up.server
  }

  /** Creates an account: `alice` or `alice.icehub.test`; reserved names too. Password and address are made up if absent. */
  createAccount(account: NewAccount): Promise<Account> {
    return createAccount(this.#up, this.domain, account)
  }

  /** Signs in with a password. */
  signIn(identifier: string, password: string): Promise<Session> {
    return call(this.url, 'com.atproto.server.createSession', { body: { identifier, password } })
  }

  /** Calls a method, as an account where a session is given, as the administrator where `admin` is true. */
  call<T>(
    method: string,
    {
      session,
      admin,
      ...rest
    }: Omit<CallOptions, 'authorization'> & {
      session?: { readonly accessJwt: string }
      admin?: boolean
    } = {},
  ): Promise<T> {
    const authorization = admin
      ? adminAuthorization(this.#up.adminPassword)
      : session && bearer(session.accessJwt)
    return call<T>(this.url, method, { ...rest, authorization })
  }

  /** Makes `include:` scopes resolve from the account that publishes this network's lexicons. */
  setLexiconAuthority(did: string): void {
    this.#lexiconAuthority = did
    if (this.#running) this.#running.server.ctx.cfg.lexicon.didAuthority = did as `did:${string}:${string}`
  }

  /** Stops cleanly. */
  async stop(): Promise<void> {
    await this.#end()
  }

  /** Disappears in the middle of whatever it does: connections are cut, nothing is answered. */
  async kill(): Promise<void> {
    await this.#end(0)
  }

  /** Starts again on the same port with the same state, and tells the relay. */
  async restart(): Promise<void> {
    await this.#end()
    this.#running = await startPds({
      ...this.#options,
      lexiconAuthority: this.#lexiconAuthority,
      port: this.port,
    })
    this.#last = this.#running
    await this.#announce(this.hostname)
  }

  async #end(graceMs?: number): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.stop(graceMs)
  }

  get #up(): RunningPds {
    if (!this.#running) throw new Error(`PDS ${this.name} is stopped: call restart() first`)
    return this.#running
  }
}
