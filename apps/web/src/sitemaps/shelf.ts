import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What is known of the sitemaps; it outlives the process. */
export interface Known {
  /** Origin of the addresses in the files. */
  readonly origin: string
  /** Of each list its files in their order: when what they name last changed (ISO 8601), null where that is not known. */
  readonly files: Record<string, (string | null)[]>
  /** When the last walk was through, in milliseconds since 1970. */
  walkedAt?: number
  /** Where the walk under way goes on; absent where none is, or it is at its beginning. */
  next?: { readonly list: string; readonly cursor?: string; readonly number: number }
}

/** The folder in which the rendered files lie, and what is known of them. */
export class Shelf {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What was known of the sitemaps of an origin; nothing of them where it cannot be read. */
  async known(origin: string): Promise<Known> {
    try {
      const known = JSON.parse(await readFile(join(this.#folder, 'known.json'), 'utf8')) as Known
      if (known.origin === origin) return known
    } catch {
      // A first start, or a file cut off: the walk makes all of it anew.
    }
    return { origin, files: {} }
  }

  keep(known: Known): Promise<void> {
    return this.#write('known.json', JSON.stringify(known))
  }

  put(list: string, number: number, xml: string): Promise<void> {
    return this.#write(`${list}-${number}.xml`, xml)
  }

  remove(list: string, number: number): Promise<void> {
    return rm(join(this.#folder, `${list}-${number}.xml`), { force: true })
  }

  /** One file; undefined where it is not there. */
  async get(list: string, number: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const file = await readFile(join(this.#folder, `${list}-${number}.xml`)).catch(() => undefined)
    return file && new Uint8Array(file)
  }

  /** Whoever reads meanwhile reads the file that was there. */
  async #write(name: string, text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    await writeFile(join(this.#folder, `${name}.new`), text)
    await rename(join(this.#folder, `${name}.new`), join(this.#folder, name))
  }
}
