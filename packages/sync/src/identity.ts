/** DID documents: an account's signing key, PDS and claimed handle. https://atproto.com/specs/did */

import { changedSince } from './directory-changes.ts'
import { isDid } from './frame.ts'
import { type HandleResolver, isHandle } from './handle.ts'
import { type Guard, type HttpClient, HttpError, serviceOrigin } from './http.ts'
import { type PublicKey, parseKey } from './signature.ts'

export interface Identity {
  readonly did: string
  /** Origin of the PDS; absent where the document names none that may be talked to. */
  readonly pds?: string
  readonly key?: PublicKey
  /** Where labels of this DID are streamed, and the key that signs them; absent for what is no labeler. */
  readonly labeler?: { readonly origin: string; readonly key: PublicKey }
  /** First valid `at://` name: a claim until {@link IdentityResolver.handle} confirms it. */
  readonly claimedHandle?: string
  /** Milliseconds since 1970 at which the document was fetched. */
  readonly fetched: number
}

/** `gone`: the DID has a tombstone. `unreachable`: may work later. `invalid`: not a DID of a known method, or a broken document. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError'
  readonly kind: 'not-found' | 'gone' | 'unreachable' | 'invalid'
  constructor(kind: IdentityError['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

export interface IdentityOptions extends Guard {
  readonly http: HttpClient
  readonly plcUrl: string
  readonly handleResolver: HandleResolver
  /** Documents kept in memory. */
  readonly capacity?: number
  /** Milliseconds for which a document is good; `#identity` events renew it before. */
  readonly maxAge?: number
  readonly now?: () => number
}

interface Pending {
  readonly identity: Promise<Identity>
  next?: Promise<Identity>
}

const MAX_DOCUMENT = 64 * 1024
/** Failures are remembered this long (milliseconds), so that a dead directory is not asked for each event. */
const FAILURE_AGE = 5000

export class IdentityResolver {
  readonly #options: IdentityOptions
  readonly #cache = new Map<string, Identity>()
  readonly #failures = new Map<string, { error: IdentityError; until: number }>()
  readonly #pending = new Map<string, Pending>()
  readonly #now: () => number

  constructor(options: IdentityOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  /** The cached document if it is young enough. */
  peek(did: string, maxAge = this.#options.maxAge ?? 86_400_000): Identity | undefined {
    const identity = this.#cache.get(did)
    return identity && this.#now() - identity.fetched <= maxAge ? identity : undefined
  }

  /**
   * The DID's document, no older than `maxAge` milliseconds (0: fetched now).
   * @throws IdentityError
   */
  async resolve(did: string, maxAge?: number): Promise<Identity> {
    const cached = maxAge === 0 ? undefined : this.peek(did, maxAge)
    if (cached) return cached
    const pending = this.#pending.get(did)
    if (pending) {
      if (maxAge !== 0) return pending.identity
      // It was asked for before now, and may tell what was. One more follows, for all who ask meanwhile.
      pending.next ??= pending.identity.catch(() => undefined).then(() => this.#begin(did))
      return pending.next
    }
    const failure = this.#failures.get(did)
    if (failure && maxAge !== 0 && failure.until > this.#now()) throw failure.error
    return this.#begin(did)
  }

  #begin(did: string): Promise<Identity> {
    const identity = this.#fetch(did).finally(() => {
      if (this.#pending.get(did)?.identity === identity) this.#pending.delete(did)
    })
    this.#pending.set(did, { identity })
    return identity
  }

  forget(did: string): void {
    this.#cache.delete(did)
    this.#failures.delete(did)
  }

  /**
   * The handle if it resolves both ways: the document claims it, and it points back at the DID.
   * @throws HandleError if nobody could be asked
   */
  async handle(identity: Identity): Promise<string | undefined> {
    const { claimedHandle, did, pds } = identity
    if (claimedHandle === undefined) return undefined
    const found = await this.#options.handleResolver(claimedHandle, { did, pds })
    return found === did ? claimedHandle : undefined
  }

  /**
   * Every signing key that a did:plc ever had, newest first, from the directory's audit log; none for other methods.
   * @throws IdentityError
   */
  async formerKeys(did: string): Promise<readonly PublicKey[]> {
    if (!did.startsWith('did:plc:')) return []
    const log = await this.#json(`${this.#options.plcUrl}/${did}/log/audit`, 4_000_000)
    const keys = new Map<string, PublicKey>()
    for (const entry of Array.isArray(log) ? log.slice(-1000) : []) {
      if (entry?.nullified === true) continue
      const operation = entry?.operation ?? {}
      const text = operation.verificationMethods?.atproto ?? operation.signingKey
      if (typeof text !== 'string') continue
      try {
        const key = parseKey(text)
        keys.delete(key.did)
        keys.set(key.did, key)
      } catch {
        // a key of another kind never signed a commit
      }
    }
    return [...keys.values()].reverse()
  }

  /**
   * The did:plc of which the directory has changed something since then (milliseconds since 1970); undefined where it cannot tell all
   * of them at once.
   */
  changedSince(since: number, signal?: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    return changedSince(this.#options.http, this.#options.plcUrl, since, signal)
  }

  async #fetch(did: string): Promise<Identity> {
    try {
      const document = await this.#json(this.#documentUrl(did), MAX_DOCUMENT)
      const identity = { ...parseDidDocument(did, document, this.#options), fetched: this.#now() }
      this.#cache.delete(did)
      this.#cache.set(did, identity)
      const capacity = this.#options.capacity ?? 100_000
      if (this.#cache.size > capacity) this.#cache.delete(this.#cache.keys().next().value!)
      this.#failures.delete(did)
      return identity
    } catch (error) {
      const failure = await this.#failureOf(did, error)
      if (this.#failures.size > 10_000) this.#failures.clear()
      this.#failures.set(did, { error: failure, until: this.#now() + FAILURE_AGE })
      throw failure
    }
  }

  /** A directory of did:plc may answer 404 after a tombstone as for a DID that never was: the last operation tells. */
  async #failureOf(did: string, error: unknown): Promise<IdentityError> {
    if (!(error instanceof IdentityError)) return new IdentityError('invalid', (error as Error).message)
    if (error.kind !== 'not-found' || !did.startsWith('did:plc:')) return error
    try {
      const last = await this.#json(`${this.#options.plcUrl}/${did}/log/last`, MAX_DOCUMENT)
      return last?.type === 'plc_tombstone' ? new IdentityError('gone', `'${did}' has a tombstone`) : error
    } catch (later) {
      return later instanceof IdentityError && later.kind === 'unreachable' ? later : error
    }
  }

  #documentUrl(did: string): string {
    if (!isDid(did)) throw new IdentityError('invalid', `'${did.slice(0, 100)}' is not a DID`)
    if (/^did:plc:[a-z2-7]{24}$/.test(did)) return `${this.#options.plcUrl}/${did}`
    if (did.startsWith('did:web:')) {
      const host = decodeURIComponent(did.slice(8))
      // AT Protocol allows did:web with a host alone; a port on localhost only.
      if (/^[a-zA-Z0-9.-]+$/.test(host) && host !== 'localhost') return `https://${host}/.well-known/did.json`
      if (this.#options.allowLoopbackHttp && /^localhost(?::\d{1,5})?$/.test(host))
        return `http://${host}/.well-known/did.json`
    }
    throw new IdentityError('invalid', `'${did.slice(0, 100)}' is neither did:plc nor a did:web of a host`)
  }

  // biome-ignore lint/suspicious/noExplicitAny: hostile JSON, every use of which is checked
  async #json(url: string, maxBytes: number): Promise<any> {
    try {
      return await this.#options.http.json(url, { maxBytes, total: 10_000 })
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      const kind = error.status === 410 ? 'gone' : error.status === 404 ? 'not-found' : 'unreachable'
      throw new IdentityError(kind, error.message)
    }
  }
}

/**
 * Reads what AT Protocol needs of a DID document.
 * @throws IdentityError if the document is of another DID
 */
export function parseDidDocument(did: string, document: unknown, guard: Guard): Omit<Identity, 'fetched'> {
  const fields = (document ?? {}) as Record<string, unknown>
  if (fields.id !== did)
    throw new IdentityError('invalid', `the document of '${did}' says it is of '${String(fields.id)}'`)
  const list = (value: unknown): Record<string, unknown>[] =>
    Array.isArray(value) ? value.slice(0, 100).filter(item => typeof item === 'object' && item) : []
  const named = (item: Record<string, unknown>, name: string) =>
    item.id === `#${name}` || item.id === `${did}#${name}`
  const method = list(fields.verificationMethod).find(item => named(item, 'atproto'))
  const service = list(fields.service).find(
    item => named(item, 'atproto_pds') && item.type === 'AtprotoPersonalDataServer',
  )
  const labels = list(fields.service).find(
    item => named(item, 'atproto_labeler') && item.type === 'AtprotoLabeler',
  )
  const labelKey = list(fields.verificationMethod).find(item => named(item, 'atproto_label'))
  const claimed = (Array.isArray(fields.alsoKnownAs) ? fields.alsoKnownAs.slice(0, 100) : [])
    .filter(name => typeof name === 'string' && name.startsWith('at://'))
    .map((name: string) => name.slice(5).toLowerCase())
    .find(isHandle)
  return {
    did,
    pds: attempt(() => serviceOrigin(String(service?.serviceEndpoint), guard)),
    key: attempt(() => parseKey(String(method?.publicKeyMultibase), String(method?.type))),
    claimedHandle: claimed,
    ...(labels && {
      labeler: attempt(() => ({
        origin: serviceOrigin(String(labels.serviceEndpoint), guard),
        key: parseKey(String(labelKey?.publicKeyMultibase), String(labelKey?.type)),
      })),
    }),
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
