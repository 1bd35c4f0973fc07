import { createHash } from 'node:crypto'
import { pictureType } from '@frost/client/profile'
import { type Entry, frost, nsid } from '@frost/lexicon'
import { HttpClient } from '@frost/sync/http'
import { type AppView, type EntryView, Refused } from '../appview.ts'
import { isDevelopment, type WebConfig } from '../config.ts'
import { isHidden } from '../labels/cover.ts'
import { HeldImages, type Image } from '../profile/held-images.ts'
import { type Pictures, pictureCid } from '../profile/picture.ts'

const PATIENCE_MILLISECONDS = 5_000
const LARGEST_BYTES = 2_000_000
const MOST_REDIRECTS = 3

/**
 * Pictures of datasets, as their records name them and no others: blobs of their owners, and files somewhere in the web, fetched
 * within bounds and served as what their first bytes say. Browsers ask the site, so that no stranger's server learns who looks.
 */
export class Thumbnails {
  readonly #appview: AppView
  readonly #pictures: Pictures
  readonly #http: HttpClient
  readonly #held = new HeldImages()

  constructor(appview: AppView, pictures: Pictures, config: Pick<WebConfig, 'publicUrl'>) {
    this.#appview = appview
    this.#pictures = pictures
    this.#http = new HttpClient({ allowLoopbackHttp: isDevelopment(config) }, 'frost-web')
  }

  /** Undefined where the AppView shows no such dataset or a label hides it, it names no picture, or that cannot be had or shown. */
  async of(did: string, rkey: string): Promise<Image | undefined> {
    const image = pictureIn(await this.#recordOf(`at://${did}/${nsid('dataset.entry')}/${rkey}`))
    if (image === undefined) return undefined
    if ('cid' in image) return this.#pictures.blob(did, image.cid)
    const { uri } = image
    const { turns } = this.#pictures
    return this.#held.get(uri, () => turns.of(did, () => turns.from(uri, () => this.#fetch(uri))))
  }

  async #recordOf(uri: string): Promise<Entry | undefined> {
    try {
      const { entry } = (await this.#appview.query(frost.dataset.getEntry, { uri })) as unknown as {
        entry: EntryView
      }
      return isHidden(entry) ? undefined : entry.record
    } catch (error) {
      if (error instanceof Refused) return undefined
      throw error
    }
  }

  async #fetch(uri: string): Promise<Image | undefined> {
    const { status, body } = await this.#http.get(uri, {
      maxBytes: LARGEST_BYTES,
      total: PATIENCE_MILLISECONDS,
      redirects: MOST_REDIRECTS,
      headers: { accept: 'image/png, image/jpeg, image/webp, image/gif' },
    })
    const bytes = new Uint8Array(body)
    const type = pictureType(bytes) ?? gifType(bytes)
    return status === 200 && type ? { bytes, type } : undefined
  }
}

const gifType = (bytes: Uint8Array) =>
  /^GIF8[79]a$/.test(String.fromCharCode(...bytes.subarray(0, 6))) ? 'image/gif' : undefined

/** The picture that a record names: a blob, or an address in the web. Plain http is asked for as https. */
function pictureIn(record: Entry | undefined): { cid: string } | { uri: string } | undefined {
  const image = record?.image as { blob?: unknown; image?: unknown; uri?: unknown } | undefined
  const cid = pictureCid(image?.blob ?? image?.image)
  if (cid) return { cid }
  const uri = image?.uri
  if (typeof uri !== 'string' || !URL.canParse(uri)) return undefined
  const { protocol, hostname } = new URL(uri)
  if (protocol === 'https:') return { uri }
  if (protocol !== 'http:') return undefined
  return { uri: /^(?:localhost|127\.|\[::1\])/.test(hostname) ? uri : uri.replace(/^http:/i, 'https:') }
}

/** Path of a dataset's picture on the site; it changes with the picture, so that browsers may keep it. */
export function thumbnailPath({ uri, record }: Pick<EntryView, 'uri' | 'record'>): string | undefined {
  const picture = pictureIn(record)
  if (picture === undefined) return undefined
  const [, , did, , rkey] = uri.split('/')
  const state = createHash('sha256').update(JSON.stringify(picture)).digest('hex').slice(0, 12)
  return `/thumbnail/${did}/${encodeURIComponent(rkey!)}?v=${state}`
}
