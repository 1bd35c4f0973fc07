import { isBlobOf } from '@frost/client/account/backup'
import { didDocument } from '@frost/client/identity'
import { LARGEST_PICTURE, pictureType } from '@frost/client/profile'
import { frost } from '@frost/lexicon'
import { type Guard, HttpClient } from '@frost/sync/http'
import { parseDidDocument } from '@frost/sync/identity'
import { type AppView, type ProfileView, Refused } from '../appview.ts'
import { isDevelopment, type WebConfig } from '../config.ts'

const PATIENCE_MILLISECONDS = 5_000
const LARGEST_DOCUMENT = 64_000
const MOST_HELD_BYTES = 32_000_000
const MOST_AT_ONCE = 32

export interface Image {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
}

/**
 * Pictures of profiles, from the servers of their accounts: held against their CIDs, and served as what their first bytes say. Browsers
 * ask the site, so that no server of a stranger learns who looks.
 */
export class Pictures {
  readonly #appview: AppView
  readonly #settings: WebConfig['settings']
  readonly #guard: Guard
  readonly #http: HttpClient
  readonly #held = new Map<string, Image>()
  readonly #begun = new Map<string, Promise<Image | undefined>>()
  #bytes = 0

  constructor(appview: AppView, config: Pick<WebConfig, 'publicUrl' | 'settings'>) {
    this.#appview = appview
    this.#settings = config.settings
    this.#guard = { allowLoopbackHttp: isDevelopment(config) }
    this.#http = new HttpClient(this.#guard, 'frost-web')
  }

  /** Undefined where the AppView's profile of the account names no such picture, or it cannot be had or shown. */
  async of(did: string, cid: string): Promise<Image | undefined> {
    const address = pictureAddress(did, { ref: cid })
    if (address === undefined || address !== (await this.#addressOf(did))) return undefined
    for (;;) {
      const known = this.#held.get(address) ?? this.#begun.get(address)
      if (known) return known
      if (this.#begun.size < MOST_AT_ONCE) break
      await Promise.race(this.#begun.values())
    }
    const image = this.#fetch(did, cid)
      .catch(() => undefined)
      .finally(() => this.#begun.delete(address))
    this.#begun.set(address, image)
    const found = await image
    if (found) this.#hold(address, found)
    return found
  }

  /** Of the picture that an account shows now. */
  async #addressOf(did: string): Promise<string | undefined> {
    try {
      const { record } = (await this.#appview.query(frost.actor.getProfile, {
        actor: did,
      })) as unknown as ProfileView
      return pictureAddress(did, record?.avatar)
    } catch (error) {
      if (error instanceof Refused) return undefined
      throw error
    }
  }

  async #fetch(did: string, cid: string): Promise<Image | undefined> {
    const { pds } = parseDidDocument(did, await this.#documentOf(did), this.#guard)
    const { status, body } = await this.#http.get(
      `${pds}/xrpc/com.atproto.sync.getBlob?${new URLSearchParams({ did, cid })}`,
      { maxBytes: LARGEST_PICTURE, total: PATIENCE_MILLISECONDS },
    )
    const bytes = new Uint8Array(body)
    const type = pictureType(bytes)
    return status === 200 && type && isBlobOf(bytes, cid) ? { bytes, type } : undefined
  }

  /** The directory of did:plc is whom the operator trusts; the host of a did:web is anybody. */
  #documentOf(did: string): Promise<unknown> {
    if (this.#guard.allowLoopbackHttp || !did.startsWith('did:web:')) return didDocument(did, this.#settings)
    const host = decodeURIComponent(did.slice('did:web:'.length))
    return this.#http.json(`https://${host}/.well-known/did.json`, {
      maxBytes: LARGEST_DOCUMENT,
      total: PATIENCE_MILLISECONDS,
    })
  }

  #hold(address: string, image: Image): void {
    if (this.#held.has(address)) return
    this.#held.set(address, image)
    this.#bytes += image.bytes.length
    for (const [oldest, { bytes }] of this.#held) {
      if (this.#bytes <= MOST_HELD_BYTES) return
      this.#held.delete(oldest)
      this.#bytes -= bytes.length
    }
  }
}

/** Address of the picture in a profile's record; undefined where it has none. */
export function pictureAddress(did: string, avatar: unknown): string | undefined {
  const { ref } = (avatar ?? {}) as { ref?: unknown }
  // A link as JSON has it, or as the client has read it.
  const cid = String((ref as { $link?: unknown } | null | undefined)?.$link ?? ref)
  return /^bafkrei[a-z2-7]{52}$/.test(cid) ? `/picture/${did}/${cid}` : undefined
}
