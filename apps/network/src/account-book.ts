import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { KeyedLock } from './keyed-lock.ts'
import type { Pds } from './managed-pds.ts'
import type { Network } from './network.ts'
import { readState, writeState } from './state-files.ts'

interface Entry {
  readonly did: string
  readonly password: string
}

/** An account that the network itself keeps: it can act as it at any time. */
export interface KeptAccount {
  readonly did: string
  readonly handle: string
  readonly password: string
  readonly pds: Pds
  /** Made by this call and therefore still empty. */
  readonly isNew: boolean
  /** Signs in; the session is kept for the next time. */
  session(): Promise<{ readonly accessJwt: string }>
}

/** The passwords of the accounts that the network made for itself, in `accounts.json` of its data folder. */
export class AccountBook {
  readonly #network: Network
  readonly #lock = new KeyedLock()
  readonly #entries: Map<string, Entry>

  private constructor(network: Network, entries: Map<string, Entry>) {
    this.#network = network
    this.#entries = entries
  }

  static async open(network: Network): Promise<AccountBook> {
    const entries = await readState<Record<string, Entry>>(join(network.dataDir, 'accounts.json'))
    return new AccountBook(network, new Map(Object.entries(entries ?? {})))
  }

  /** The account with a label on a PDS (`noaa` on `icebucket`), made where there is none. */
  async ensure(label: string, pdsName: string): Promise<KeptAccount> {
    const pds = this.#network.pds(pdsName)
    const handle = `${label}.${pds.domain}`
    const did = await this.#network.resolveHandle(handle)
    if (did === undefined) {
      const account = await pds.createAccount({ handle })
      await this.#write(handle, { did: account.did, password: account.password })
      return {
        did: account.did,
        handle,
        password: account.password,
        pds,
        isNew: true,
        session: async () => account,
      }
    }
    const known = this.#entries.get(handle)
    const password = known?.did === did ? known.password : await this.#reset(handle, did, pds)
    let session: Promise<{ readonly accessJwt: string }> | undefined
    return {
      did,
      handle,
      password,
      pds,
      isNew: false,
      session() {
        session ??= pds.signIn(handle, password)
        return session
      },
    }
  }

  /** A run was interrupted between making the account and writing its password down. */
  async #reset(handle: string, did: string, pds: Pds): Promise<string> {
    const password = randomBytes(12).toString('base64url')
    await pds.call('com.atproto.admin.updateAccountPassword', { admin: true, body: { did, password } })
    await this.#write(handle, { did, password })
    return password
  }

  #write(handle: string, entry: Entry): Promise<void> {
    this.#entries.set(handle, entry)
    return this.#lock.run('write', () =>
      writeState(join(this.#network.dataDir, 'accounts.json'), Object.fromEntries(this.#entries)),
    )
  }
}
