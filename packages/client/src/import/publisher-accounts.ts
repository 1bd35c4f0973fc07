import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { hashRkey, nsid } from '@frost/lexicon'
import { AccountStore, fileName } from '../accounts.ts'
import { FrostError } from '../errors.ts'
import { readJson, writeJson } from '../files.ts'
import { callService, ServiceError } from '../http.ts'
import { createSession, PasswordSession } from '../password-session.ts'
import type { Session } from '../session.ts'
import { slugOf } from '../slug.ts'

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
    const earlier = known && (await this.#restored(known))
    if (earlier) return earlier
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

  /** The session of an earlier run, where its tokens still hold: a password costs a PDS a quarter of a second. */
  async #restored({ did, handle }: PublisherAccount): Promise<Session | undefined> {
    try {
      const agent = await PasswordSession.restore(this.#store, did, this.#service)
      const answer = await agent.fetchHandler('/xrpc/com.atproto.server.getSession', { method: 'GET' })
      await answer.body?.cancel()
      if (!answer.ok) return undefined
      const signedInAt = new Date().toISOString()
      return { account: { did, handle, pds: this.#service, method: 'password', signedInAt }, agent }
    } catch (error) {
      if (error instanceof FrostError && error.code !== 'NotSignedIn') throw error
      return undefined
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
        await this.#introduce(publisher, created)
        return created
      } catch (error) {
        if (!(error instanceof ServiceError) || !isNameTrouble(error)) throw error
      }
    }
    throw new FrostError('NoHandle', `no handle is free for publisher '${publisher}' at ${this.#service}`)
  }

  /** Says by the account's profile whose datasets it holds, and that the publisher does not run it. */
  async #introduce(publisher: string, { did, accessJwt }: Created): Promise<void> {
    const collection = nsid('actor.profile')
    await callService(this.#service, 'com.atproto.repo.putRecord', {
      token: accessJwt,
      input: {
        repo: did,
        collection,
        rkey: 'self',
        record: {
          $type: collection,
          name: publisher,
          kind: 'organization',
          description:
            'Datasets carried over from another catalogue. The account was made by the import; the publisher does not run it.',
          createdAt: new Date().toISOString(),
        },
      },
    })
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

const SMALL_WORDS = new Set([
  'a',
  'an',
  'and',
  'at',
  'by',
  'de',
  'for',
  'in',
  'of',
  'on',
  'the',
  'to',
  'und',
  'with',
])

/**
 * Labels to try for a publisher, the best first: an abbreviation that the name gives in brackets, the whole name where it is
 * short, its initials, its beginning; then the same with numbers, at last a hash.
 */
export function* handleLabels(publisher: string): Generator<string> {
  const bracketed = /\(([A-Za-z][A-Za-z0-9-]{1,16}[A-Za-z0-9])\)/.exec(publisher)?.[1]
  const words = slugOf(publisher.replace(/\([^)]*\)/g, ' ')).split(/[-.]+/)
  const whole = words.join('-')
  const initials = words
    .filter(word => !SMALL_WORDS.has(word))
    .map(word => word[0])
    .join('')
  const cut = (text: string, length = LONGEST_LABEL) => text.slice(0, length).replace(/^-+|-+$/g, '')
  const bases = [
    bracketed?.toLowerCase(),
    whole.length <= LONGEST_LABEL ? whole : initials,
    cut(whole),
  ].filter((base): base is string => base !== undefined && base.length >= 3 && base.length <= LONGEST_LABEL)
  yield* new Set(bases)
  for (let number = 2; number <= 9 && bases[0]; number++)
    yield `${cut(bases[0], LONGEST_LABEL - 2)}-${number}`
  yield `p-${hashRkey(publisher).slice(0, 10)}`
}

function isNameTrouble(error: ServiceError): boolean {
  return (
    error.code === 'HandleNotAvailable' ||
    error.code === 'InvalidHandle' ||
    /handle|email already taken|reserved/i.test(error.message)
  )
}
