import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startObjectStore } from '@frost/network'

/** The object store of the network in a box, over a folder of its own. */
export interface Store extends AsyncDisposable {
  readonly folder: string
  readonly port: number
  readonly url: string
  /** Requests answered so far. */
  readonly requests: number
  urlOf(path: string): string
  /** Writes an object and gives its URL. */
  put(path: string, content: string | Uint8Array): Promise<string>
}

/** @param fixtures folder that is served as `fixtures/` too */
export async function startStore(fixtures?: string): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'frost-gateway-store-'))
  const store = await startObjectStore({ folder, mounts: fixtures === undefined ? {} : { fixtures } })
  return {
    folder,
    port: store.port,
    url: store.url,
    get requests() {
      return store.served.requests
    },
    urlOf: path => store.urlOf(path),
    async put(path, content) {
      const file = join(folder, path)
      await mkdir(join(file, '..'), { recursive: true })
      await writeFile(file, content)
      return store.urlOf(path)
    },
    async [Symbol.asyncDispose]() {
      await store.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A table with whole numbers that no double holds. */
export function csvTable(rows: number): string {
  const lines = Array.from({ length: rows }, (_, at) => `${at},${BIG + BigInt(2 * at)},"n, ${at}"`)
  return `id,big,name\n${lines.join('\n')}\n`
}

export const BIG = 9_007_199_254_740_993n
