import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'

const TYPES = new Map<string, string>(
  Object.entries({
    '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.js': 'text/javascript; charset=utf-8',
  }),
)

export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>
  readonly type: string
}

const folder = new URL('./static/', import.meta.url)
const assets = new Map<string, Asset>()
const paths = new Map<string, string>()

for (const name of readdirSync(folder)) {
  const body = new Uint8Array(readFileSync(new URL(name, folder)))
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 10)
  const path = `/assets/${digest}/${name}`
  assets.set(path, { body, type: TYPES.get(extname(name)) ?? 'application/octet-stream' })
  paths.set(name, path)
}

/** Address of a file of `static/`, changed whenever its content is, so that it may be cached for ever. */
export function asset(name: string): string {
  const path = paths.get(name)
  if (!path) throw new Error(`no file '${name}' in static/`)
  return path
}

export function assetAt(path: string): Asset | undefined {
  return assets.get(path)
}
