import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { AccountStore, fileName } from '../accounts.ts'
import { FrostError } from '../errors.ts'
import { readJson, writeJson } from '../files.ts'
import { callService, ServiceError } from '../http.ts'
import { createSession, PasswordSession } from '../password-session.ts'
import type { Session } from '../session.ts'
import { shortHash, slugOf } from '../slug.ts'

/** An account made for a publisher of a catalogue. The password is kept, so that the publisher can be given it. */
export interface PublisherAccount {
  readonly publisher: string
  readonly did: string
  readonly handle: string
  readonly password: string
}

interface Created {
  did: string
  handle: string
  accessJwt: string
  refreshJwt: string
}

/** Labels of handles that PDSes accept: 3 to 18 characters, no dots. */
const LONGEST_LABEL = 18

/** Accounts on one PDS, one per publisher, made when first asked for and kept in `publishers/` of the config folder. */
export class PublisherAccounts {
  readonly #service: string
  readonly #path: string
  readonly #store: AccountStore
  readonly #accounts: Map<string, PublisherAccount>
  readonly #sessions = new Map<string, Promise<Session>>()
  readonly #domain: string

  private constructor(service: string, domain: string, configDir: string, accounts: PublisherAccount[]) {
    this.#service = service
    this.#domain = domain
    this.#path = registerPath(configDir, service)
    this.#store = new AccountStore(join(configDir, 'publishers'))
    this.#accounts = new Map(accounts.map(account => [account.publisher, account]))
  }

  /** @throws FrostError `InvitesOnly` where the PDS lets nobody make accounts. */
  static async open(service: string, configDir: string): Promise<PublisherAccounts> {
    const server = await callService<{ availableUserDomains?: string[]; inviteCodeRequired?: boolean }>(
      service,
      'com.atproto.server.describeServer',
      { params: {} },
    )
    const domain = server.availableUserDomains?.[0]
    if (!domain || server.inviteCodeRequired) {
      throw new FrostError(
        'InvitesOnly',
        `${service} lets nobody create accounts: leave out --account-per-publisher, or give --service of a PDS that does`,
      )
    }
    const accounts = (await readJson<PublisherAccount[]>(registerPath(configDir, service))) ?? []
    return new PublisherAccounts(service, domain, configDir, accounts)
  }

  /** The publisher's account where there is one already: a dry run makes none. */
  known(publisher: string): PublisherAccount | undefined {
    return this.#accounts.get(publisher)
  }

  /** A session of the publisher's account, which is created where there is none. */
  session(publisher: string): Promise<Session> {
    const opened = this.#sessions.get(publisher) ?? this.#open(publisher)
    this.#sessions.set(publisher, opened)
    return opened
  }

  async #open(publisher: string): Promise<Session> {
    const known = this.#accounts.get(publisher)
    const tokens = known
      ? await createSession(this.#service, known.did, known.password).catch((error: unknown) => {
          if (!(error instanceof ServiceError) || error.status !== 401) throw error
          throw new FrostError(
            'PasswordChanged',
            `the password of ${known.handle} (${publisher}) was changed: mend it in ${this.#path}`,
            { cause: error },
          )
        })
      : await this.#create(publisher)
    const { did, handle } = tokens
    await this.#store.writeSession(did, { accessJwt: tokens.accessJwt, refreshJwt: tokens.refreshJwt })
    return {
      account: { did, handle, pds: this.#service, method: 'password', signedInAt: new Date().toISOString() },
      agent: new PasswordSession(this.#store, did, this.#service, tokens),
    }
  }

  async #create(publisher: string): Promise<Created> {
    const password = randomBytes(18).toString('base64url')
    for (const label of handleLabels(publisher)) {
      const handle = `${label}${this.#domain}`
      try {
        const input = { handle, email: `${label}@publisher.invalid`, password }
        const created = await callService<Created>(this.#service, 'com.atproto.server.createAccount', {
          input,
        })
        await this.#remember({ publisher, did: created.did, handle: created.handle, password })
        return created
      } catch (error) {
        if (!(error instanceof ServiceError) || !isNameTrouble(error)) throw error
      }
    }
    throw new FrostError('NoHandle', `no handle is free for publisher '${publisher}' at ${this.#service}`)
  }

  async #remember(account: PublisherAccount): Promise<void> {
    await this.#store.locked(`publishers-${this.#service}`, async () => {
      const stored = (await readJson<PublisherAccount[]>(this.#path)) ?? []
      await writeJson(this.#path, [
        ...stored.filter(({ publisher }) => publisher !== account.publisher),
        account,
      ])
    })
    this.#accounts.set(account.publisher, account)
  }
}

function registerPath(configDir: string, service: string): string {
  return join(configDir, 'publishers', `${fileName(new URL(service).host)}.json`)
}

/** Labels to try for a publisher: short words of its name, then the same with a number, then a hash. */
export function* handleLabels(publisher: string): Generator<string> {
  const words = slugOf(publisher).replace(/\./g, '-')
  const whole = words
    .slice(0, LONGEST_LABEL)
    .replace(/-[^-]*$/, part => (words.length > LONGEST_LABEL ? '' : part))
  const base = (whole.length >= 3 ? whole : words.slice(0, LONGEST_LABEL)).replace(/^-+|-+$/g, '')
  if (base.length >= 3) yield base
  for (const suffix of ['data', 'org', '2', '3']) {
    yield `${(base || 'pub').slice(0, LONGEST_LABEL - suffix.length - 1).replace(/-+$/, '')}-${suffix}`
  }
  yield `p-${shortHash(publisher)}`
}

function isNameTrouble(error: ServiceError): boolean {
  return (
    error.code === 'HandleNotAvailable' ||
    error.code === 'InvalidHandle' ||
    /handle|email already taken|reserved/i.test(error.message)
  )
}
