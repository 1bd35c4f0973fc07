import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FrostError, UsageError } from './errors.ts'
import { readJson, withFileLock, writeJson } from './files.ts'

/** An account this machine is signed in to. Tokens are kept apart, in `sessions/`. */
export interface Account {
  readonly did: string
  readonly handle?: string
  readonly pds: string
  readonly method: 'password' | 'oauth'
  /** Scope that was asked for at sign-in; part of the loopback client's id, so needed at each refresh. */
  readonly scope?: string
  readonly signedInAt: string
}

interface Register {
  current?: string
  accounts: Account[]
}

/** The accounts and their sessions in the configuration folder; files are replaced whole and readable by the owner only. */
export class AccountStore {
  readonly #dir: string

  constructor(configDir: string) {
    this.#dir = configDir
  }

  async list(): Promise<{ accounts: Account[]; current?: string }> {
    const register = await readJson<Register>(this.#register)
    return { accounts: register?.accounts ?? [], current: register?.current }
  }

  /**
   * The account to act as: the one named (handle or DID), else the current one.
   * @throws FrostError `NotSignedIn` that names the command to sign in with.
   */
  async get(name?: string): Promise<Account> {
    const { accounts, current } = await this.list()
    const wanted = name?.replace(/^@/, '')
    const account = accounts.find(({ did, handle }) =>
      wanted ? did === wanted || handle === wanted : did === current,
    )
    if (account) return account
    if (wanted && accounts.length > 0) {
      const known = accounts.map(({ did, handle }) => handle ?? did).join(', ')
      throw new UsageError(
        `'${name}' is not signed in here (signed in: ${known}): run 'frost login ${wanted}'`,
      )
    }
    throw new FrostError('NotSignedIn', `no account is signed in: run 'frost login ${wanted ?? 'HANDLE'}'`)
  }

  /** Adds or replaces an account and makes it the current one. */
  async add(account: Account): Promise<void> {
    await this.#change(register => ({
      current: account.did,
      accounts: [...register.accounts.filter(({ did }) => did !== account.did), account],
    }))
  }

  async remove(did: string): Promise<void> {
    await rm(this.#session(did), { force: true })
    await this.#change(register => {
      const accounts = register.accounts.filter(account => account.did !== did)
      const current = register.current === did ? accounts.at(-1)?.did : register.current
      return { current, accounts }
    })
  }

  readSession<T>(did: string): Promise<T | undefined> {
    return readJson<T>(this.#session(did))
  }

  writeSession(did: string, session: unknown): Promise<void> {
    return writeJson(this.#session(did), session)
  }

  async removeSession(did: string): Promise<void> {
    await rm(this.#session(did), { force: true })
  }

  /** Runs `work` while no other process refreshes this account's tokens: a refresh token can be used once only. */
  locked<T>(name: string, work: () => Promise<T>): Promise<T> {
    return withFileLock(join(this.#dir, 'locks', `${fileName(name)}.lock`), work)
  }

  async #change(edit: (register: Register) => Register): Promise<void> {
    await this.locked('accounts', async () => {
      await writeJson(this.#register, edit((await readJson<Register>(this.#register)) ?? { accounts: [] }))
    })
  }

  get #register(): string {
    return join(this.#dir, 'accounts.json')
  }

  #session(did: string): string {
    return join(this.#dir, 'sessions', `${fileName(did)}.json`)
  }
}

/** A name that every file system accepts, distinct for distinct DIDs. */
export function fileName(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/g, character => `_${character.codePointAt(0)?.toString(16)}`)
}
