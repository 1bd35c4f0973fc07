import { createHash } from 'node:crypto'
import { appendFile, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { privateFolder } from '../files.ts'

/** What an interrupted import had written: at-uri and CID of each record, so that the next run need not ask again. */
export class Journal {
  readonly #path: string
  readonly #written: Map<string, string>

  private constructor(path: string, written: Map<string, string>) {
    this.#path = path
    this.#written = written
  }

  /** Opens the journal of one import (same catalogue, source and target). A half-written last line is dropped. */
  static async open(configDir: string, identity: readonly string[]): Promise<Journal> {
    const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32)
    const path = join(configDir, 'imports', `${name}.ndjson`)
    const written = new Map<string, string>()
    const text = await readFile(path, 'utf8').catch(() => '')
    for (const line of text.split('\n').slice(0, -1)) {
      try {
        const [uri, cid] = JSON.parse(line) as [string, string]
        written.set(uri, cid)
      } catch {
        // A line that a crash cut short; its record is compared with the repository instead.
      }
    }
    return new Journal(path, written)
  }

  /** How many records the interrupted run had written; 0 for a fresh start. */
  get size(): number {
    return this.#written.size
  }

  /** True where the interrupted run has written exactly this state. */
  has(uri: string, cid: string): boolean {
    return this.#written.get(uri) === cid
  }

  async add(records: readonly { readonly uri: string; readonly cid: string }[]): Promise<void> {
    if (records.length === 0) return
    await privateFolder(dirname(this.#path))
    await appendFile(this.#path, records.map(({ uri, cid }) => `${JSON.stringify([uri, cid])}\n`).join(''), {
      mode: 0o600,
    })
  }

  /** The import is complete: the next one compares with the repositories themselves. */
  async finish(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}
