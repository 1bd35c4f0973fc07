/** Reads the documents of a source: a folder, a file or an address. Sizes are bounded; order is that of the names. */
import { open, readdir, stat } from 'node:fs/promises'
import { basename, extname, join, relative } from 'node:path'
import type { SourceDocument } from './item.ts'
import { Unusable } from './item.ts'

const MOST_BYTES = 32_000_000
const MOST_FILES = 1_000_000

export interface Unreadable {
  readonly name: string
  readonly problem: string
}

/** @throws Error where the source itself is not there or cannot be reached */
export async function* readSource(
  source: string,
  extensions: readonly string[],
): AsyncGenerator<SourceDocument | Unreadable> {
  if (/^https?:\/\//i.test(source)) {
    yield await fetchDocument(source)
    return
  }
  const info = await stat(source).catch(error => {
    throw new Error(`source '${source}' cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`)
  })
  if (!info.isDirectory()) {
    yield await readDocument(source)
    return
  }
  let found = 0
  for await (const path of filesIn(source, extensions)) {
    if (++found > MOST_FILES) throw new Error(`source '${source}' has more than ${MOST_FILES} files`)
    yield await readDocument(path, relative(source, path).replaceAll('\\', '/'))
  }
  if (found === 0) throw new Error(`source '${source}' holds no ${extensions.join(' or ')} file`)
}

async function* filesIn(folder: string, extensions: readonly string[]): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesIn(path, extensions)
    else if (
      entry.isFile() &&
      extensions.includes(extname(entry.name).toLowerCase()) &&
      !entry.name.startsWith('.')
    )
      yield path
  }
}

async function readDocument(path: string, name = basename(path)): Promise<SourceDocument | Unreadable> {
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      if (size > MOST_BYTES)
        return { name, problem: `has ${size} bytes: a document may have ${MOST_BYTES}; split it` }
      return { name, text: decode(await file.readFile()) }
    } finally {
      await file.close()
    }
  } catch (error) {
    return {
      name,
      problem: error instanceof Unusable ? error.message : `cannot be read: ${(error as Error).message}`,
    }
  }
}

/**
 * @param most bytes that it may have
 * @throws Error that names the address and what is wrong with its answer
 */
export async function fetchDocument(address: string, most = MOST_BYTES): Promise<SourceDocument> {
  const response = await fetch(address, {
    headers: { accept: 'application/json, application/yaml;q=0.9, */*;q=0.5', 'user-agent': 'frost-import' },
    signal: AbortSignal.timeout(60_000),
  }).catch(error => {
    throw new Error(`source '${address}' cannot be reached: ${(error as Error).cause ?? error}`)
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`source '${address}' answered ${response.status}: check the address`)
  }
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > most) throw new Error(`source '${address}' is larger than ${most} bytes`)
    parts.push(part)
  }
  const { pathname } = new URL(response.url || address)
  return {
    name: decodeURIComponent(basename(pathname)) || 'document',
    text: decode(Buffer.concat(parts)),
    uri: address,
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Unusable('is not UTF-8 text')
  }
}
