import { ReaderError } from '../errors.ts'
import type { OpenOptions } from '../format.ts'
import type { Objects, Ranged, ReadOptions } from '../objects.ts'

const OPENED = 256

/**
 * Objects that a store refers to by URL (kerchunk references, virtual chunks), opened by the reader's own resolver, so that
 * what guards locations guards these. Each is opened once.
 */
export class ReferredObjects {
  readonly #resolve: OpenOptions['resolve']
  readonly #opened = new Map<string, Promise<Objects>>()

  constructor(resolve: OpenOptions['resolve']) {
    this.#resolve = resolve
  }

  /**
   * Bytes `[start, end)` of the object at that URL; the whole without an end.
   * @throws {ReaderError} `Forbidden`, `NotFound`, `Corrupt` where it ends before.
   */
  async range(url: string, start: number, end: number, options: ReadOptions): Promise<Ranged> {
    const objects = await this.#open(url)
    const ranged = await objects.getRange('', start, end, options)
    if (ranged === undefined)
      throw new ReaderError('NotFound', `'${objects.name}' is referred to, but is not there`, {
        url: objects.name,
      })
    if (ranged.bytes.length !== end - start)
      throw new ReaderError(
        'Corrupt',
        `'${objects.name}' ends before byte ${end}, to which a reference points`,
        {
          url: objects.name,
        },
      )
    return ranged
  }

  async whole(url: string, options: ReadOptions): Promise<Uint8Array> {
    const objects = await this.#open(url)
    const bytes = await objects.get('', options)
    if (bytes === undefined)
      throw new ReaderError('NotFound', `'${objects.name}' is referred to, but is not there`, {
        url: objects.name,
      })
    return bytes
  }

  #open(url: string): Promise<Objects> {
    const known = this.#opened.get(url)
    if (known !== undefined) return known
    if (this.#resolve === undefined)
      return Promise.reject(
        new ReaderError(
          'Forbidden',
          `'${url.slice(0, 200)}' is referred to, and references are not followed here`,
        ),
      )
    const opening = this.#resolve(url)
    this.#opened.set(url, opening)
    opening.catch(() => this.#opened.delete(url))
    if (this.#opened.size > OPENED) this.#opened.delete(this.#opened.keys().next().value!)
    return opening
  }
}
