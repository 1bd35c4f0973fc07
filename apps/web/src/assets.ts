import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

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

const assets = new Map<string, Asset>()
const paths = new Map<string, string>()

const folder = new URL('./static/', import.meta.url)
for (const entry of readdirSync(folder, { withFileTypes: true })) {
  const file = new URL(entry.name, folder)
  if (entry.isFile()) add(entry.name, entry.name.endsWith('.css') ? styleOf(file) : readFileSync(file))
}
for (const { name, body } of islands(new URL('./islands/', import.meta.url))) add(name, body)

function add(name: string, content: Uint8Array): void {
  const body = new Uint8Array(content)
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 10)
  const path = `/assets/${digest}/${name}`
  assets.set(path, { body, type: TYPES.get(extname(name)) ?? 'application/octet-stream' })
  paths.set(name, path)
}

/** A style sheet with what it imports, as one file. */
function styleOf(file: URL): Uint8Array {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(file)],
    bundle: true,
    minify: true,
    write: false,
    logLevel: 'silent',
  })
  return outputFiles[0]!.contents
}

/** The scripts that run in browsers: each file of `islands/` becomes one, with what it imports. */
function islands(sources: URL): readonly { readonly name: string; readonly body: Uint8Array }[] {
  return readdirSync(sources)
    .filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map(name => {
      const { outputFiles } = buildSync({
        entryPoints: [fileURLToPath(new URL(name, sources))],
        bundle: true,
        minify: true,
        format: 'esm',
        target: 'es2022',
        write: false,
        logLevel: 'silent',
      })
      return { name: name.replace(/\.ts$/, '.js'), body: outputFiles[0]!.contents }
    })
}

/** Address of a file of `static/` or a script of `islands/`, changed whenever its content is, so that it may be cached for ever. */
export function asset(name: string): string {
  const path = paths.get(name)
  if (!path) throw new Error(`no file '${name}' in static/ or islands/`)
  return path
}

export function assetAt(path: string): Asset | undefined {
  return assets.get(path)
}
