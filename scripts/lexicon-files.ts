import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A lexicon document as its file says it; what is under `defs` depends on each definition's type. */
export interface LexiconFile {
  readonly id: string
  readonly description?: string
  readonly defs: Readonly<Record<string, { readonly type: string }>>
}

/** Every lexicon of a folder, sorted by NSID. */
export function readLexicons(folder: string): LexiconFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.json') && statSync(join(folder, name)).isFile())
    .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as LexiconFile)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

/**
 * The authority of FROST's NSIDs. Permission sets sit directly under it, so what is before their name is it.
 * @throws if there is no permission set, or if sets sit under several authorities
 */
export function authorityOf(documents: readonly LexiconFile[]): string {
  const authorities = new Set(
    documents
      .filter(({ defs }) => defs.main?.type === 'permission-set')
      .map(({ id }) => id.split('.').slice(0, -1).join('.')),
  )
  const [authority, another] = authorities
  if (authority === undefined)
    throw new Error('lexicons/ holds no permission set, which would say what the authority is')
  if (another !== undefined)
    throw new Error(`lexicons/ holds permission sets of '${authority}' and of '${another}': leave one`)
  return authority
}
