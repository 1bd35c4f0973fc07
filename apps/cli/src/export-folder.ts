import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ExportSource } from '@frost/catalogs/export/index'

/** A file for each dataset; what is there and says the same is left alone. */
export class FolderOfExports {
  readonly #folder: string
  readonly #extension: string
  /** Files that are new or changed. */
  written = 0

  constructor(folder: string, extension: string) {
    this.#folder = folder
    this.#extension = extension
  }

  async put({ uri, account }: ExportSource, text: string): Promise<void> {
    const [, , did, , rkey] = uri.split('/')
    const path = join(this.#folder, ...[account ?? did!, `${rkey}.${this.#extension}`].map(fileName))
    const whole = `${text}\n`
    if ((await readFile(path, 'utf8').catch(() => undefined)) === whole) return
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.part`, whole)
    await rename(`${path}.part`, path)
    this.written += 1
  }
}

/** Of a name that strangers chose: no separator, no dots alone. */
const fileName = (name: string) =>
  encodeURIComponent(name).replace(/^\.+$/, dots => '%2E'.repeat(dots.length))
