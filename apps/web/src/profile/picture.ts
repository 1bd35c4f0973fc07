import { isBlobOf } from '@frost/client/account/backup'
import { resolveIdentity } from '@frost/client/identity'
import { LARGEST_PICTURE, pictureType } from '@frost/client/profile'
import type { Settings } from '@frost/client/settings'

const PATIENCE_MILLISECONDS = 5_000
const MOST_HELD = 500

export interface Image {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
}

/**
 * Pictures of profiles, from the servers of their accounts: held against their CIDs, and served as what their first bytes say. Browsers
 * ask the site, so that no server of a stranger learns who looks.
 */
export class Pictures {
  readonly #settings: Settings
  readonly #held = new Map<string, Promise<Image | undefined>>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Undefined where there is none, or none that can be shown. */
  of(did: string, cid: string): Promise<Image | undefined> {
    const key = `${did} ${cid}`
    const held = this.#held.get(key)
    if (held) return held
    const image = this.#fetch(did, cid).catch(() => {
      this.#held.delete(key)
      return undefined
    })
    this.#held.set(key, image)
    if (this.#held.size > MOST_HELD) this.#held.delete(this.#held.keys().next().value!)
    return image
  }

  async #fetch(did: string, cid: string): Promise<Image | undefined> {
    const { pds } = await resolveIdentity(did, this.#settings)
    const answer = await fetch(`${pds}/xrpc/com.atproto.sync.getBlob?${new URLSearchParams({ did, cid })}`, {
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
      redirect: 'error',
    })
    if (!answer.ok || !answer.body) {
      await answer.body?.cancel()
      return undefined
    }
    const bytes = await bounded(answer.body)
    const type = bytes && pictureType(bytes)
    return bytes && type && isBlobOf(bytes, cid) ? { bytes, type } : undefined
  }
}

async function bounded(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    if (size > LARGEST_PICTURE) return undefined
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}

/** Address of the picture in a profile's record; undefined where it has none. */
export function pictureAddress(did: string, avatar: unknown): string | undefined {
  const { ref } = (avatar ?? {}) as { ref?: unknown }
  // A link as JSON has it, or as the client has read it.
  const cid = String((ref as { $link?: unknown } | null | undefined)?.$link ?? ref)
  return /^bafkrei[a-z2-7]{52}$/.test(cid) ? `/picture/${did}/${cid}` : undefined
}
