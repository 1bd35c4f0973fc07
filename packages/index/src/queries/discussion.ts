import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { correctionState, isIssueOpen } from '../discussion-facts.ts'
import { QueryError } from '../errors.ts'
import { answer, type JsonText } from '../json-text.ts'
import { decodePosition, type Position } from '../page-cursor.ts'
import { ENDORSED } from '../projections/endorsement.ts'
import { isEntryUri, isVersionUri } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { requireAccount, withDid } from './accounts.ts'
import { commentViews, correctionViews, issueViews } from './discussion-views.ts'
import { type Paging, requireEntry } from './entries.ts'
import { admitted, datasetOf, type Gate, gateOf } from './gate.ts'
import type { LinkedRow } from './list.ts'
import { type Asked, saidAbout, subjectsWith } from './said-about.ts'
import { sifted } from './sifted.ts'
import { VIEW_COLUMNS, type ViewRow } from './views.ts'

const ISSUE = nsid('discussion.issue')
const CORRECTION = nsid('discussion.correction')
const COMMENT = nsid('discussion.comment')

/** The comments on a record, oldest first, as its dataset's owner lets them be seen. @throws QueryError SubjectNotFound */
export async function getThread(
  db: Database,
  { uri, limit = 50, cursor }: Paging & { uri: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const root = await requireSubject(db, uri)
  const dataset = await datasetOf(db, root.uri)
  const gate = await gateOf(db, dataset)
  const subjects = subjectsOf(root.uri)
  const discussed = await subjectsWith(db, subjects, 'comment')
  const { page, cursor: next } = await sifted(
    { limit, after },
    positionOf,
    (from, most) => saidAbout(db, discussed, 'comment', { after: from, limit: most, direction: 'asc' }),
    rows => admitted(db, gate, dataset, rows),
  )
  const own = root.uri.split('/')[3]
  const [comments, notShown, comment, issue, correction] = await Promise.all([
    commentViews(db, page, gate),
    isGated(gate) ? keptOut(db, gate, dataset, subjects) : undefined,
    own === COMMENT ? commentViews(db, [root], gate) : [],
    own === ISSUE ? issueViews(db, [root], gate) : [],
    own === CORRECTION ? correctionViews(db, [root], gate) : [],
  ])
  return answer({
    comments,
    locked: gate.isLocked || undefined,
    mayComment: gate.mayComment === 'everyone' ? undefined : gate.mayComment,
    notShown,
    dataset,
    comment: comment[0],
    issue: issue[0],
    correction: correction[0],
    cursor: next,
  })
}

/** @throws QueryError EntryNotFound */
export async function listIssues(
  db: Database,
  { state = 'open', ...about }: About & { state?: string },
): Promise<JsonText> {
  const { page, next, gate } = await saidOf(db, 'issue', about, owner => {
    if (state === 'all') return undefined
    const isOpen = isIssueOpen(sql.ref('link.uri'), sql.ref('link.did'), sql.val(owner))
    return state === 'open' ? isOpen : sql<boolean>`not (${isOpen})`
  })
  return answer({ issues: await issueViews(db, page, gate), cursor: next })
}

/** @throws QueryError EntryNotFound */
export async function listCorrections(
  db: Database,
  { state = 'all', ...about }: About & { state?: string },
): Promise<JsonText> {
  const { page, next, gate } = await saidOf(db, 'correction', about, owner =>
    state === 'all'
      ? undefined
      : sql<boolean>`${correctionState(sql.ref('link.uri'), sql.ref('link.did'), sql.val(owner))} = ${state}`,
  )
  return answer({ corrections: await correctionViews(db, page, gate), cursor: next })
}

type About = Paging & { readonly subject: string }

/** What is said of one kind about a dataset and its versions, newest first, as its owner lets it be seen. */
async function saidOf(
  db: Database,
  kind: string,
  { subject, limit = 25, cursor }: About,
  onlyFor: (owner: Gate['owner']) => Asked['only'],
) {
  const after = decodePosition(cursor)
  const entry = await requireEntry(db, subject)
  const gate = await gateOf(db, entry)
  const only = onlyFor(gate.owner)
  const discussed = await subjectsWith(db, subjectsOf(entry), kind)
  const { page, cursor: next } = await sifted(
    { limit, after },
    positionOf,
    (from, most) => saidAbout(db, discussed, kind, { after: from, limit: most, direction: 'desc', only }),
    rows => admitted(db, gate, entry, rows),
  )
  return { page, next, gate }
}

/** @throws QueryError SubjectNotFound, ActorNotFound */
export async function listEndorsements(
  db: Database,
  { subject, kind, actor, limit = 25, cursor }: Paging & { subject: string; kind?: string; actor?: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const { uri } = await requireSubject(db, subject)
  const by = actor === undefined ? undefined : await requireAccount(db, actor)
  const gate = await gateOf(db, await datasetOf(db, uri))
  const subjects = subjectsOf(uri)
  const said = kind === undefined ? 'endorsement' : ENDORSED + kind
  const only = by === undefined ? undefined : sql<boolean>`link.did = ${by}`
  const endorsed = await subjectsWith(db, subjects, said)
  const [{ page, cursor: next }, counts] = await Promise.all([
    sifted(
      { limit, after },
      positionOf,
      (from, most) => saidAbout(db, endorsed, said, { after: from, limit: most, direction: 'desc', only }),
      async rows => rows,
    ),
    db
      .selectFrom('link')
      .select(['kind', sql<number>`count(distinct did)`.as('count')])
      .where('subject', 'in', subjects)
      .where('kind', '>', ENDORSED)
      .where('kind', '<', `${ENDORSED}\uffff`)
      .groupBy('kind')
      .orderBy('count', 'desc')
      .orderBy('kind')
      .limit(100)
      .execute(),
  ])
  return answer({
    endorsements: await commentViews(db, page, gate),
    counts: counts.map(({ kind: word, count }) => ({
      kind: word.slice(ENDORSED.length),
      count: Number(count),
    })),
    cursor: next,
  })
}

async function requireSubject(db: Database, uri: string): Promise<ViewRow> {
  const resolved = await withDid(db, uri)
  const row = resolved
    ? await db
        .selectFrom('record')
        .select(VIEW_COLUMNS)
        .where('uri', '=', resolved)
        .where('visible', '=', 1)
        .executeTakeFirst()
    : undefined
  if (row) return row
  throw new QueryError('SubjectNotFound', `record '${uri}' is not known here, or its owner withdrew it`)
}

/** A record, and the versions of it if it is a dataset: what is said about them is said about it. */
const subjectsOf = (uri: string) =>
  isEntryUri(uri) && !isVersionUri(uri)
    ? sql<string>`(select ${uri} as uri union all select uri from link where subject = ${uri} and kind = 'version')`
    : sql<string>`(select ${uri} as uri)`

type Subjects = ReturnType<typeof subjectsOf>

const positionOf = ({ sort_key, uri }: LinkedRow): Position => [sort_key, uri]

const isGated = ({ isLocked, mayComment }: Gate) => isLocked || mayComment !== 'everyone'

/** How many comments the gate keeps out. */
async function keptOut(
  db: Database,
  gate: Gate,
  dataset: string | undefined,
  subjects: Subjects,
): Promise<number> {
  const written = await db
    .selectFrom('link')
    .select(['did', 'sort_key as sort_at'])
    .where('subject', 'in', subjects)
    .where('kind', '=', 'comment')
    .execute()
  return written.length - (await admitted(db, gate, dataset, written)).length
}
