import { accountNames } from '../entry-facts.ts'
import { inParts } from '../in-parts.ts'
import type { JsonValue } from '../json-text.ts'
import { parseRecord } from '../record-text.ts'
import { referenceKey } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import type { Gate } from './gate.ts'
import { authorView, recordViews, type ViewRow } from './views.ts'
import { type Word, wordsOn } from './words.ts'

type View = { [name: string]: JsonValue }

/** Records of a discussion, with how many answer them and what the owner hid. */
export async function commentViews(db: Database, rows: readonly ViewRow[], gate: Gate): Promise<View[]> {
  const uris = rows.map(({ uri }) => uri)
  const [views, replies] = await Promise.all([recordViews(db, rows), replyCounts(db, uris)])
  return views.map((view, place) => {
    const { uri, json, edited } = rows[place]!
    const { subject, target } = parseRecord(json)
    return {
      ...view,
      replyCount: replies.get(uri) ?? 0,
      hidden: gate.hidden.has(uri) || undefined,
      hiddenReason: gate.hidden.get(uri),
      edited: edited === 1 || undefined,
      subjectUri: typeof subject === 'string' ? subject : (referenceKey(subject) ?? referenceKey(target)),
    }
  })
}

export async function issueViews(db: Database, rows: readonly ViewRow[], gate: Gate): Promise<View[]> {
  const uris = rows.map(({ uri }) => uri)
  const [views, said] = await Promise.all([commentViews(db, rows, gate), issueStates(db, rows, gate)])
  const names = await accountNames(
    db,
    [...said.values()].map(({ did }) => did),
  )
  return views.map((issue, place) => {
    const word = said.get(uris[place]!)
    return {
      issue,
      state: word?.state ?? 'open',
      stateBy: word && authorView(names.get(word.did), word.did),
      stateReason: word?.reason,
      stateAt: word?.at,
    }
  })
}

export async function correctionViews(db: Database, rows: readonly ViewRow[], gate: Gate): Promise<View[]> {
  const uris = rows.map(({ uri }) => uri)
  const [views, words, adoptions] = await Promise.all([
    commentViews(db, rows, gate),
    wordsOn(db, new Map(rows.map(({ uri, did }) => [uri, new Set([did, gate.owner ?? did])]))),
    adoptionsBy(db, gate.owner, uris),
  ])
  const settled = rows.map(({ uri, did }) =>
    settledBy(words.get(uri) ?? [], did, gate.owner, adoptions.get(uri)),
  )
  const names = await accountNames(
    db,
    settled.flatMap(({ did }) => did ?? []),
  )
  return views.map((correction, place) => {
    const { state, did, reason, adoptedIn } = settled[place]!
    return {
      correction,
      state,
      adoptedIn,
      stateBy: did && authorView(names.get(did), did),
      stateReason: reason,
    }
  })
}

interface Settled {
  readonly state: 'open' | 'adopted' | 'declined' | 'withdrawn'
  readonly did?: string
  readonly reason?: string
  readonly adoptedIn?: string
}

/** The same rules as `correctionState` has for lists and counts. */
function settledBy(
  words: readonly Word[],
  proposer: string,
  owner: string | undefined,
  adoptedIn: string | undefined,
): Settled {
  if (adoptedIn !== undefined) return { state: 'adopted', adoptedIn, ...(owner && { did: owner }) }
  const lastOf = (did: string | undefined) => words.find(word => word.did === did)
  const owners = lastOf(owner)
  const proposers = lastOf(proposer)
  if (owners?.status === 'accepted') return { state: 'adopted', did: owners.did, ...noteOf(owners) }
  if (owners?.status === 'disputed') return { state: 'declined', did: owners.did, ...noteOf(owners) }
  if (proposers?.status === 'withdrawn') return { state: 'withdrawn', did: proposer, ...noteOf(proposers) }
  return { state: 'open' }
}

const noteOf = ({ note }: Word) => (note === undefined ? {} : { reason: note })

/** Comments in the thread of each of these records. */
async function replyCounts(db: Database, uris: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await inParts(uris, part =>
    db
      .selectFrom('link')
      .select(['subject', db.fn.countAll<number>().as('count')])
      .where('subject', 'in', part)
      .where('kind', '=', 'comment')
      .groupBy('subject')
      .execute(),
  )
  return new Map(rows.map(({ subject, count }) => [subject, Number(count)]))
}

interface Said {
  readonly did: string
  readonly state: string
  readonly reason?: string
  readonly at: string
}

/** The last word on each issue of somebody whose word counts: the dataset's owner, or who reported it. */
async function issueStates(
  db: Database,
  issues: readonly ViewRow[],
  { owner }: Gate,
): Promise<ReadonlyMap<string, Said>> {
  if (issues.length === 0) return new Map()
  const rows = await db
    .selectFrom('link')
    .innerJoin('record', 'record.uri', 'link.uri')
    .select(['link.subject', 'link.did', 'record.json', 'record.sort_at'])
    .where('link.kind', '=', 'issue-state')
    .where(({ eb, or }) =>
      or(
        issues.map(({ uri, did }) => eb('link.subject', '=', uri).and('link.did', 'in', [did, owner ?? did])),
      ),
    )
    .orderBy('link.sort_key')
    .execute()
  return new Map(
    rows.map(({ subject, did, json, sort_at }) => {
      const { state, reason } = parseRecord(json)
      return [
        subject,
        { did, state: String(state), at: sort_at, ...(typeof reason === 'string' && { reason }) },
      ]
    }),
  )
}

/** The owner's versions that adopt these corrections; the earliest counts. */
async function adoptionsBy(
  db: Database,
  owner: string | undefined,
  uris: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (owner === undefined) return new Map()
  const rows = await inParts(uris, part =>
    db
      .selectFrom('link')
      .select(['subject', 'uri'])
      .where('subject', 'in', part)
      .where('kind', '=', 'adoption')
      .where('did', '=', owner)
      .orderBy('sort_key', 'desc')
      .execute(),
  )
  return new Map(rows.map(({ subject, uri }) => [subject, uri]))
}
