import { nsid } from '@frost/lexicon'
import { inParts } from '../in-parts.ts'
import type { NewsRow } from '../news.ts'
import type { Reason } from '../projection.ts'
import { ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { datasetOf } from './gate.ts'
import { namedInClaim } from './named.ts'

/** Reasons to be told of a record that counts only from certain people: anyone may write one. */
const WORDS: ReadonlySet<string> = new Set<Reason>(['issue-state', 'correction-state', 'acknowledgement'])
/** Where the projections have put what such a record is about, so that none is read: strangers decide how large they are. */
const ABOUT = ['acknowledgement', 'issue-state', 'word', 'adoption']

interface About {
  readonly kind: string
  readonly subject: string
  readonly sort_key: string
}

/** Who may say something about a thread or claim: asked once for each. */
interface Judges {
  readonly ownerOfDataset: (thread: string) => Promise<string | undefined>
  readonly namedIn: (claim: string) => Promise<ReadonlySet<string>>
}

/**
 * Those of the news that somebody may be told of: the word about an issue of its reporter and of the dataset's owner, about a
 * correction of its proposer and of the owner, about another claim of whoever is named in it.
 */
export async function wordsThatCount<Row extends NewsRow & { readonly reason: string }>(
  db: Database,
  viewer: string,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const words = rows.filter(({ reason }) => WORDS.has(reason))
  if (words.length === 0) return rows
  const about = await aboutOf(
    db,
    words.map(({ uri }) => uri),
  )
  const judges: Judges = {
    ownerOfDataset: once(async thread => ownerOf((await datasetOf(db, thread)) ?? '')),
    namedIn: once(claim => namedInClaim(db, claim)),
  }
  const idle = new Set<Row>()
  for (const row of words) if (!(await counts(viewer, row, about.get(row.uri) ?? [], judges))) idle.add(row)
  return rows.filter(row => !idle.has(row))
}

async function counts(
  viewer: string,
  { uri, did, kind, subject, reason }: NewsRow & { readonly reason: string },
  about: readonly About[],
  { ownerOfDataset, namedIn }: Judges,
): Promise<boolean> {
  if (uri.split('/')[3] === nsid('dataset.version')) {
    const adopted = about.filter(link => link.kind === 'adoption').map(link => link.subject)
    const concerned = kind === 'settled' ? [subject] : adopted.filter(one => ownerOf(one) === viewer)
    for (const thread of concerned) if ((await ownerOfDataset(thread)) === did) return true
    return false
  }
  const [thread] = about.map(link => link.subject)
  if (thread === undefined) return false
  if (reason === 'acknowledgement') return (await namedIn(thread)).has(did)
  if (reason === 'issue-state') return did === ownerOf(thread) || did === (await ownerOfDataset(thread))
  // To take a proposal back is its proposer's, to accept or decline it the owner's.
  const isWithdrawn = about.some(link => link.kind === 'word' && link.sort_key.endsWith(' withdrawn'))
  return did === (isWithdrawn ? ownerOf(thread) : await ownerOfDataset(thread))
}

async function aboutOf(db: Database, uris: readonly string[]): Promise<ReadonlyMap<string, About[]>> {
  const rows = await inParts([...new Set(uris)], part =>
    db
      .selectFrom('link')
      .select(['uri', 'kind', 'subject', 'sort_key'])
      .where('uri', 'in', part)
      .where('kind', 'in', ABOUT)
      .execute(),
  )
  const about = new Map<string, About[]>()
  for (const row of rows) {
    const held = about.get(row.uri) ?? []
    held.push(row)
    about.set(row.uri, held)
  }
  return about
}

/** Asks once for each key. */
function once<Answer>(ask: (key: string) => Promise<Answer>): (key: string) => Promise<Answer> {
  const known = new Map<string, Promise<Answer>>()
  return key => {
    const answer = known.get(key) ?? ask(key)
    known.set(key, answer)
    return answer
  }
}
