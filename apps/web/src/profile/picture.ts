import { isBlobOf } from '@frost/client/account/backup'
import { didDocument } from '@frost/client/identity'
import { LARGEST_PICTURE, pictureType } from '@frost/client/profile'
import { frost } from '@frost/lexicon'
import { type Guard, HttpClient } from '@frost/sync/http'
import { parseDidDocument } from '@frost/sync/identity'
import { type AppView, type ProfileView, Refused } from '../appview.ts'
import { isDevelopment, type WebConfig } from '../config.ts'
import { HeldImages, type Image } from './held-images.ts'
import { PictureTurns } from './picture-turns.ts'

const PATIENCE_MILLISECONDS = 5_000
const LARGEST_DOCUMENT = 64_000

/**
 * Pictures of profiles, from the servers of their accounts: held against their CIDs, and served as what their first bytes say. Browsers
 * ask the site, so that no server of a stranger learns who looks.
 */
export class Pictures {
  readonly #appview: AppView
  readonly #settings: WebConfig['settings']
  readonly #guard: Guard
  readonly #http: HttpClient
  /** A picture that could not be had is asked for at each visit: its account may just have put it there. */
  readonly #held = new HeldImages(0)
  /** For whatever is fetched because a record names it. */
  readonly turns = new PictureTurns()

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
    return this.blob(did, cid)
  }

  /** A blob of an account that is a picture, whoever names it. */
  blob(did: string, cid: string): Promise<Image | undefined> {
    return this.#held.get(`${did}/${cid}`, () => this.turns.of(did, () => this.#fetch(did, cid)))
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
    const address = `${pds}/xrpc/com.atproto.sync.getBlob?${new URLSearchParams({ did, cid })}`
    const { status, body } = await this.turns.from(address, () =>
      this.#http.get(address, { maxBytes: LARGEST_PICTURE, total: PATIENCE_MILLISECONDS }),
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
}

/** Address of the picture in a profile's record; undefined where it has none. */
export function pictureAddress(did: string, avatar: unknown): string | undefined {
  const cid = pictureCid(avatar)
  return cid === undefined ? undefined : `/picture/${did}/${cid}`
}

/** The CID of a blob in a record, as JSON has it or as the client has read it; undefined for what is none. */
export function pictureCid(blob: unknown): string | undefined {
  const { ref } = (blob ?? {}) as { ref?: unknown }
  const cid = String((ref as { $link?: unknown } | null | undefined)?.$link ?? ref)
  return /^bafkrei[a-z2-7]{52}$/.test(cid) ? cid : undefined
}
