import { readdir } from 'node:fs/promises'
import type { Files, Found } from './files.ts'

/** One page of a bucket's listing. */
export interface ListingQuery {
  readonly prefix: string
  /** `/` folds what lies in folders into common prefixes; empty lists everything. */
  readonly delimiter: '' | '/'
  /** Only keys after this one. */
  readonly after: string
  readonly maxKeys: number
}

export interface Listing {
  readonly objects: readonly { readonly key: string; readonly file: Found }[]
  readonly commonPrefixes: readonly string[]
  /** Where the next page starts; undefined on the last page. */
  readonly next?: string
}

type Entry = { key: string; file?: Found }

/** Lists the keys of a folder that is seen as a bucket, in the order of their bytes, as S3 does. */
export async function list(files: Files, bucket: readonly string[], query: ListingQuery): Promise<Listing> {
  const objects: { key: string; file: Found }[] = []
  const commonPrefixes: string[] = []
  let last = ''
  for await (const { key, file } of walk(files, bucket, '', query)) {
    if (objects.length + commonPrefixes.length >= query.maxKeys)
      return { objects, commonPrefixes, next: last }
    last = key
    if (file) objects.push({ key, file })
    else commonPrefixes.push(key)
  }
  return { objects, commonPrefixes }
}

async function* walk(
  files: Files,
  bucket: readonly string[],
  folder: string,
  query: ListingQuery,
): AsyncGenerator<Entry> {
  const { prefix, delimiter, after } = query
  const here = [...bucket, ...folder.split('/').filter(Boolean)]
  const found = await files.find(here)
  if (!found?.isFolder) return
  const entries = await readdir(found.path, { withFileTypes: true })
  const names = entries.map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name))
  if (here.length === 0) names.push(...files.mounts.map(name => `${name}/`))
  for (const name of [...new Set(names)].sort(byBytes)) {
    const key = folder + name
    if (!key.startsWith(prefix) && !prefix.startsWith(key)) continue
    if (name.endsWith('/')) {
      if (key <= after && !after.startsWith(key)) continue
      if (delimiter === '' || key.length <= prefix.length) yield* walk(files, bucket, key, query)
      else if (key > after) yield { key }
    } else if (key > after && key.startsWith(prefix)) {
      const file = await files.find([...here, name])
      if (file && !file.isFolder) yield { key, file }
    }
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
