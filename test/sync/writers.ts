import { AtpAgent } from '@atproto/api'
import { definition, nsid } from '@frost/lexicon'
import type { Network } from '@frost/network'

/** An account that moves, sleeps and writes; its acts are those of a stock client. */
export class Writer {
  readonly did: string
  readonly #network: Network
  readonly #password: string
  #email: string
  #agent: AtpAgent
  #home: string
  readonly #lived: Set<string>
  #moves = 0
  state: 'active' | 'deactivated' | 'deleted' = 'active'

  private constructor(
    network: Network,
    agent: AtpAgent,
    account: { did: string; password: string; email: string; service: string },
  ) {
    this.#network = network
    this.#agent = agent
    this.did = account.did
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

  async put(collection: string, rkey: string, record: Record<string, unknown>): Promise<void> {
    const $type = nsid(collection)
    await this.#agent.com.atproto.repo.putRecord({
      repo: this.did,
      collection: $type,
      rkey,
      record: { $type, ...record },
      validate: false,
    })
  }

  async delete(collection: string, rkey: string): Promise<void> {
    await this.#agent.com.atproto.repo.deleteRecord({ repo: this.did, collection: nsid(collection), rkey })
  }

  /** Several writes in one commit. */
  async batch(
    writes: readonly { collection: string; rkey: string; value: Record<string, unknown> }[],
  ): Promise<void> {
    await this.#agent.com.atproto.repo.applyWrites({
      repo: this.did,
      validate: false,
      writes: writes.map(({ collection, rkey, value }) => ({
        $type: 'com.atproto.repo.applyWrites#create',
        collection: nsid(collection),
        rkey,
        value: { $type: nsid(collection), ...value },
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

  async deleteAccount(): Promise<void> {
    const token = await this.#mailed(() => this.#agent.com.atproto.server.requestAccountDelete())
    await new AtpAgent({ service: this.#home }).com.atproto.server.deleteAccount({
      did: this.did,
      password: this.#password,
      token,
    })
    this.state = 'deleted'
  }

  /** Takes the account to another PDS, as https://atproto.com/guides/account-migration says; then it writes once. */
  async moveTo(name: string): Promise<void> {
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
    const handle = `mv${++this.#moves}-${this.did.slice(-10)}.${pds.domain}`
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
    await this.put('graph.follow', 'moved', {
      subject: { $type: definition('actorSubject'), did: this.did },
      createdAt: new Date().toISOString(),
    })
  }

  /** What the repository itself holds of one collection, by rkey. */
  async records(
    collection: string,
  ): Promise<Map<string, { readonly cid: string; readonly value: Record<string, unknown> }>> {
    const records = new Map<string, { cid: string; value: Record<string, unknown> }>()
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

  async #mailed(ask: () => Promise<unknown>): Promise<string> {
    const after = this.#network.mails.list(this.#email).at(-1)?.id ?? 0
    await ask()
    const mail = await this.#network.mails.next(this.#email, { after })
    return /[A-Z2-7]{5}-[A-Z2-7]{5}/.exec(JSON.stringify(mail))?.[0] ?? ''
  }
}
