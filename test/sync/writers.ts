import { AtpAgent } from '@atproto/api'
import { nsid } from '@frost/lexicon'
import type { Network, Pds } from '@frost/network'

export interface HeldRecord {
  readonly cid: string
  readonly value: Record<string, unknown>
}

export interface Write {
  readonly collection: string
  readonly rkey: string
  readonly value: Readonly<Record<string, unknown>>
}

/** An account that moves, sleeps and writes; its acts are those of a stock client. */
export class Writer {
  readonly did: `did:${string}:${string}`
  readonly #network: Network
  readonly #password: string
  readonly #email: string
  #agent: AtpAgent
  #home: string
  #handle: string
  readonly #lived: Set<string>
  #names = 0
  state: 'active' | 'deactivated' | 'deleted' = 'active'

  private constructor(
    network: Network,
    agent: AtpAgent,
    account: { did: string; handle: string; password: string; email: string; service: string },
  ) {
    this.#network = network
    this.#agent = agent
    this.did = account.did as `did:${string}:${string}`
    this.#handle = account.handle
    this.#password = account.password
    this.#email = account.email
    this.#home = account.service
    this.#lived = new Set([account.service])
  }

  static async create(network: Network, handle: string, pds: string): Promise<Writer> {
    const account = await network.createAccount({ handle, pds })
    const agent = new AtpAgent({ service: account.service })
    await agent.login({ identifier: account.handle, password: account.password })
    return new Writer(network, agent, account)
  }

  /** URL of the PDS where it lives now. */
  get home(): string {
    return this.#home
  }

  get handle(): string {
    return this.#handle
  }

  async put({ collection, rkey, value }: Write): Promise<void> {
    const $type = nsid(collection)
    await this.#agent.com.atproto.repo.putRecord({
      repo: this.did,
      collection: $type,
      rkey,
      record: { ...value, $type },
      validate: false,
    })
  }

  async delete(collection: string, rkey: string): Promise<void> {
    await this.#agent.com.atproto.repo.deleteRecord({ repo: this.did, collection: nsid(collection), rkey })
  }

  /** Several records made in one commit. */
  async batch(writes: readonly Write[]): Promise<void> {
    await this.#agent.com.atproto.repo.applyWrites({
      repo: this.did,
      validate: false,
      writes: writes.map(({ collection, rkey, value }) => ({
        $type: 'com.atproto.repo.applyWrites#create',
        collection: nsid(collection),
        rkey,
        value: { ...value, $type: nsid(collection) },
      })),
    })
  }

  async deactivate(): Promise<void> {
    await this.#agent.com.atproto.server.deactivateAccount({})
    this.state = 'deactivated'
  }

  async activate(): Promise<void> {
    await this.#agent.com.atproto.server.activateAccount()
    this.state = 'active'
  }

  /** Takes another handle of its PDS's domain. */
  async rename(): Promise<void> {
    const handle = this.#newHandle(this.#pds)
    await this.#agent.com.atproto.identity.updateHandle({ handle })
    this.#handle = handle
  }

  async deleteAccount(): Promise<void> {
    const token = await this.#mailed(() => this.#agent.com.atproto.server.requestAccountDelete())
    await new AtpAgent({ service: this.#home }).com.atproto.server.deleteAccount({
      did: this.did,
      password: this.#password,
      token,
    })
    this.state = 'deleted'
  }

  /** Ends the DID itself; the PDS may go on serving the repository. */
  async tombstone(): Promise<void> {
    const { ctx } = this.#pds.server
    await ctx.plcClient.tombstone(this.did, ctx.plcRotationKey)
    await ctx.sequencer.sequenceIdentity(this.did)
    this.state = 'deleted'
  }

  /** Takes the account to another PDS, as https://atproto.com/guides/account-migration says, and writes once there. */
  async moveTo(name: string, first: Write): Promise<void> {
    const pds = this.#network.pds(name)
    // A host keeps the account that left it, and takes no second one with the same DID.
    if (this.#lived.has(pds.url)) return
    this.#lived.add(pds.url)
    const old = this.#agent
    const fresh = new AtpAgent({ service: pds.url })
    const { data: server } = await fresh.com.atproto.server.describeServer()
    const { data: auth } = await old.com.atproto.server.getServiceAuth({
      aud: server.did,
      lxm: 'com.atproto.server.createAccount',
    })
    const handle = this.#newHandle(pds)
    await fresh.com.atproto.server.createAccount(
      { did: this.did, handle, email: this.#email, password: this.#password },
      { headers: { authorization: `Bearer ${auth.token}` }, encoding: 'application/json' },
    )
    await fresh.login({ identifier: this.did, password: this.#password })
    const { data: car } = await old.com.atproto.sync.getRepo({ did: this.did })
    await fresh.com.atproto.repo.importRepo(car, { encoding: 'application/vnd.ipld.car' })
    const { data: credentials } = await fresh.com.atproto.identity.getRecommendedDidCredentials()
    const token = await this.#mailed(() => old.com.atproto.identity.requestPlcOperationSignature())
    const { data: signed } = await old.com.atproto.identity.signPlcOperation({
      ...credentials,
      token,
    } as never)
    await fresh.com.atproto.identity.submitPlcOperation({ operation: signed.operation })
    await fresh.com.atproto.server.activateAccount()
    await old.com.atproto.server.deactivateAccount({})
    this.#agent = fresh
    this.#home = pds.url
    this.#handle = handle
    await this.put(first)
  }

  /** What the repository itself holds of one collection, by rkey. */
  async records(collection: string): Promise<Map<string, HeldRecord>> {
    const records = new Map<string, HeldRecord>()
    const agent = new AtpAgent({ service: this.#home })
    let cursor: string | undefined
    do {
      const { data } = await agent.com.atproto.repo.listRecords({
        repo: this.did,
        collection: nsid(collection),
        limit: 100,
        ...(cursor !== undefined && { cursor }),
      })
      for (const { uri, cid, value } of data.records) records.set(uri.split('/').at(-1)!, { cid, value })
      cursor = data.cursor
    } while (cursor !== undefined)
    return records
  }

  /** The repository's newest commit, as its host tells it. */
  async head(): Promise<{ readonly cid: string; readonly rev: string }> {
    const agent = new AtpAgent({ service: this.#home })
    const { data } = await agent.com.atproto.sync.getLatestCommit({ did: this.did })
    return data
  }

  get #pds(): Pds {
    return this.#network.pdses.find(({ url }) => url === this.#home)!
  }

  #newHandle({ domain }: Pds): string {
    return `n${++this.#names}-${this.did.slice(-10)}.${domain}`
  }

  async #mailed(ask: () => Promise<unknown>): Promise<string> {
    const after = this.#network.mails.list(this.#email).at(-1)?.id ?? 0
    await ask()
    const mail = await this.#network.mails.next(this.#email, { after })
    return /[A-Z2-7]{5}-[A-Z2-7]{5}/.exec(JSON.stringify(mail))?.[0] ?? ''
  }
}
