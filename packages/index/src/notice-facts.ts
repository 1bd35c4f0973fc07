import { edtfRange } from '@frost/lexicon'
import { sql } from 'kysely'
import { type JsonValue, raw } from './json-text.ts'
import { referenceKey } from './reference-key.ts'
import { replacementsOf } from './replacements.ts'
import type { Database } from './schema.ts'

const MOST_NOTICES = 16

/** These lead on to what is to be used instead. */
const LEADING_ON: ReadonlySet<string | undefined> = new Set(['moved', 'superseded'])

/** After one of these a version is never the latest. */
const TAKEN_BACK: ReadonlySet<string | undefined> = new Set(['retracted', 'withdrawn'])

export interface Notice {
  readonly kind?: string
  readonly text?: string
  readonly createdAt?: string
  readonly effectiveAt?: string
  readonly resolvedAt?: string
  readonly replacedBy?: unknown
}

/** What owners say that users of entries and versions must know, newest first; what is resolved is left out. */
export async function ownerNotices(
  db: Database,
  subjects: readonly string[],
): Promise<Map<string, JsonValue[]>> {
  const notices = new Map<string, JsonValue[]>()
  const open = await openNotices(db, subjects)
  const replacements = await replacementsOf(
    db,
    open.map(({ notice }) => notice.replacedBy),
  )
  for (const { subject, uri, notice } of open) {
    const { kind, text, createdAt, effectiveAt, replacedBy } = notice
    const list = notices.get(subject) ?? []
    if (list.length >= MOST_NOTICES) continue
    list.push({
      uri,
      kind,
      text,
      createdAt,
      effectiveAt,
      replacedBy: replacedBy === undefined ? undefined : raw(JSON.stringify(replacedBy)),
      replacement: replacements.get(referenceKey(replacedBy) ?? ''),
      active: isActive(notice),
    })
    notices.set(subject, list)
  }
  return notices
}

/** What the owner says to use now in place of something that moved or was superseded: a reference, as JSON. */
export async function replacementOf(db: Database, subject: string): Promise<JsonValue> {
  const leading = (await openNotices(db, [subject])).find(
    ({ notice }) => LEADING_ON.has(notice.kind) && notice.replacedBy !== undefined && isActive(notice),
  )
  return leading && raw(JSON.stringify(leading.notice.replacedBy))
}

/** Notices of owners that are not resolved, newest first. */
async function openNotices(db: Database, subjects: readonly string[]) {
  if (subjects.length === 0) return []
  const rows = await db
    .selectFrom('link')
    .innerJoin('record', 'record.uri', 'link.uri')
    .select(['link.subject', 'record.uri', 'record.json'])
    .where('link.kind', '=', 'notice')
    .where('link.subject', 'in', subjects)
    // An owner is named by the subject, which need not be held: what is said of it outlasts it.
    .where(sql<boolean>`substr(link.subject, 1, length(link.did) + 6) = 'at://' || link.did || '/'`)
    .orderBy('link.sort_key', 'desc')
    .orderBy('link.uri', 'desc')
    .execute()
  return rows
    .map(({ subject, uri, json }) => ({ subject, uri, notice: JSON.parse(json) as Notice }))
    .filter(({ notice }) => !hasBegun(notice.resolvedAt))
}

/** Versions of entries that their owners have taken back. */
export async function takenBack(db: Database, entries: readonly string[]): Promise<string[]> {
  if (entries.length === 0) return []
  const rows = await db
    .selectFrom('link as version')
    .innerJoin('link as notice', join =>
      join.onRef('notice.subject', '=', 'version.uri').onRef('notice.did', '=', 'version.did'),
    )
    .innerJoin('record', 'record.uri', 'notice.uri')
    .select(['version.uri', 'record.json'])
    .where('version.kind', '=', 'version')
    .where('notice.kind', '=', 'notice')
    .where('version.subject', 'in', entries)
    .execute()
  const taken = rows.filter(({ json }) => {
    const notice = JSON.parse(json) as Notice
    return TAKEN_BACK.has(notice.kind) && isActive(notice)
  })
  return [...new Set(taken.map(({ uri }) => uri))]
}

/** Whether a notice is in effect now and not resolved. */
export function isActive({ effectiveAt, resolvedAt }: Notice): boolean {
  return (effectiveAt === undefined || hasBegun(effectiveAt)) && !hasBegun(resolvedAt)
}

/** Whether a time has come. What cannot be read as one was meant to hold already. */
function hasBegun(time: string | undefined, now = Date.now()): boolean {
  if (time === undefined) return false
  const exact = /T.*(?:Z|[+-]\d{2}:?\d{2})$/i.test(time) ? Date.parse(time) : Number.NaN
  if (Number.isFinite(exact)) return exact <= now
  const range = edtfRange(time)
  return range === undefined || range.start <= yearOf(now)
}

/** Fractional year, as `edtfRange` counts. */
function yearOf(now: number): number {
  const year = new Date(now).getUTCFullYear()
  const start = Date.UTC(year, 0, 1)
  return year + (now - start) / (Date.UTC(year + 1, 0, 1) - start)
}
