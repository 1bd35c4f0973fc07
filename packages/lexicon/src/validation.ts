import type { Issue, LexMap, l } from '@atproto/lex'
import { type Acceptance, acceptanceOf } from './acceptance.ts'
import { frost } from './generated/authority.ts'
import { RECORD_NSIDS } from './nsid.ts'

/** What is wrong with a record, each issue with the path of the field, what was found and what is wanted. */
export type Validity =
  | { readonly ok: true; readonly value: LexMap }
  | { readonly ok: false; readonly issues: readonly string[] }

/** Larger records are refused whatever they hold: the limit of the data model's repositories. */
const LARGEST_RECORD = 1024 * 1024

const schemas: ReadonlyMap<string, { schema: l.Schema<unknown>; accepts: Acceptance }> = new Map(
  RECORD_NSIDS.map(nsid => {
    const schema = schemaOf(nsid)
    return [nsid, { schema, accepts: acceptanceOf(schema) }]
  }),
)

function schemaOf(nsid: string): l.Schema<unknown> {
  const [group, name] = nsid.split('.').slice(-2) as [string, string]
  const groups = frost as unknown as Record<string, Record<string, { main: l.Schema<unknown> }>>
  const schema = groups[group]?.[name]?.main
  if (!schema) throw new Error(`no schema was generated for ${nsid}`)
  return schema
}

/**
 * Holds a record against its lexicon. Unknown fields are allowed and kept.
 * @param nsid type of the record; also of one this version does not know, which is then not valid
 * @param value the record in the data model: links are CIDs and byte strings are byte arrays, as decoded from DAG-CBOR,
 *   or from JSON by `jsonToLex` of `@atproto/lex`
 */
export function validateRecord(nsid: string, value: unknown): Validity {
  const known = schemas.get(nsid)
  if (!known) return { ok: false, issues: [`$type '${nsid}' is no record type of this version of FROST`] }
  const type = (value as { $type?: unknown } | null)?.$type
  if (type !== nsid)
    return {
      ok: false,
      issues: [`$type is ${JSON.stringify(type)}: must be '${nsid}', as the collection is`],
    }
  if (known.accepts(value)) return { ok: true, value: value as LexMap }
  const result = known.schema.safeValidate(value)
  if (result.success) return { ok: true, value: value as LexMap }
  return { ok: false, issues: result.reason.issues.slice(0, 20).map(describeIssue) }
}

function describeIssue(issue: Issue): string {
  return issue.toString().slice(0, 500)
}

/** Sizes in bytes of the record as JSON that are worth a word, and that are refused by those who write. */
const WARN_AT = 64 * 1024

/**
 * What would make a valid record better: things that are warnings and not refusals, because real catalogues hold odd ones.
 * @returns one sentence each, naming the field, the value and the remedy
 */
export function recordHints(value: object): string[] {
  const hints: string[] = []
  const size = JSON.stringify(value).length
  if (size > LARGEST_RECORD)
    hints.push(`the record has ${size} bytes: repositories hold at most ${LARGEST_RECORD}`)
  else if (size > WARN_AT) {
    hints.push(
      `the record has ${size} bytes: below ${WARN_AT} it is read faster; move long models into records of their own`,
    )
  }
  visit(value, '', (path, name, text) => {
    if (
      ['uri', 'url', 'landingPage', 'uris', 'homepage'].includes(name) &&
      !/^[a-z][a-z0-9+.-]*:\S+$/i.test(text)
    ) {
      hints.push(
        `${path} '${text.slice(0, 100)}' is no address: give it with its scheme, such as https:// or s3://`,
      )
    }
    if (/^(west|south|east|north|latitude|longitude|min|max)$/.test(name) && !Number.isFinite(Number(text))) {
      hints.push(`${path} '${text.slice(0, 100)}' is no decimal number`)
    }
    if (name === 'contentSize' && !/^\d+$/.test(text)) {
      hints.push(`${path} '${text.slice(0, 100)}' is no number of bytes: digits only`)
    }
  })
  for (const { algorithm, value: digest } of digestsOf(value)) {
    const wanted = DIGEST_LENGTHS.get(algorithm.toLowerCase())
    if (wanted && !new RegExp(`^[0-9a-f]{${wanted}}$`, 'i').test(digest)) {
      hints.push(`the ${algorithm} digest '${digest.slice(0, 80)}' is not ${wanted} hexadecimal digits`)
    }
  }
  return hints.slice(0, 50)
}

const DIGEST_LENGTHS = new Map<string, number>(
  Object.entries({ 'sha-256': 64, 'sha-512': 128, 'sha-1': 40, md5: 32 }),
)

function digestsOf(value: unknown): { algorithm: string; value: string }[] {
  if (typeof value !== 'object' || value === null) return []
  const { algorithm, value: digest } = value as { algorithm?: unknown; value?: unknown }
  if (typeof algorithm === 'string' && typeof digest === 'string') return [{ algorithm, value: digest }]
  return Object.values(value).flatMap(digestsOf)
}

function visit(value: unknown, path: string, see: (path: string, name: string, text: string) => void): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, item] of Object.entries(value)) {
    const place = path ? `${path}.${name}` : name
    if (typeof item === 'string') see(place, name, item)
    else visit(item, place, see)
  }
}
