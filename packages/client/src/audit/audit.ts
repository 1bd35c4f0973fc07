/** Two AppViews held against each other, and against the repositories that both read. */
import { RECORD_NSIDS } from '@frost/lexicon'
import { AppView } from '../appview.ts'
import type { Settings } from '../settings.ts'
import { type Difference, differencesOf, records } from './differences.ts'
import { type Said, Witness } from './witness.ts'

/** A record over which the two differ, and what its repository says. */
export interface Judged extends Difference {
  readonly repository: Said
  /** Who agrees with the repository, or, where its host is away, with the newest state of it that either AppView proves. */
  readonly right: 'a' | 'b' | 'neither' | 'unknown'
}

export interface Side {
  readonly url: string
  readonly did: string
  readonly lexiconVersion: string
  /** Greatest number of seconds that it says it is behind. */
  readonly lag?: number
}

export interface AuditReport {
  readonly a: Side
  readonly b: Side
  /** Record types whose digests differed when the audit began. */
  readonly differing: readonly string[]
  /** Those of them whose digests still differ, though neither lists a record that the other does not: one says what it does not list. */
  readonly unexplained: readonly string[]
  /** Every record was compared, also where the digests were the same. */
  readonly isFull: boolean
  /** Valid records compared, by the digests of the first. */
  readonly records: number
  readonly judged: readonly Judged[]
  /** More records differ than were judged. */
  readonly truncated: boolean
  readonly agree: boolean
}

export interface AuditOptions {
  /** Most differing records that are judged. */
  readonly limit?: number
  /** Compares every record: a digest is the word of who gives it, and can be copied. */
  readonly full?: boolean
  onProgress?(text: string): void
}

const DEFAULT_LIMIT = 1000

/**
 * Compares by the digests of `describeService`, then by accounts, then by records, or by every record; asks the repositories about
 * those that differ, and both AppViews once more, since the network goes on meanwhile.
 * @throws FrostError `Unreachable`; UsageError
 */
export async function audit(
  urlA: string,
  urlB: string,
  settings: Settings,
  { limit = DEFAULT_LIMIT, full = false, onProgress = () => undefined }: AuditOptions = {},
): Promise<AuditReport> {
  const views = [new AppView(urlA), new AppView(urlB)] as const
  const [a, b] = await describedBy(views)
  const types = [...new Set([...RECORD_NSIDS, ...Object.keys(digestsOf(a)), ...Object.keys(digestsOf(b))])]
  const differing = types.filter(type => digestsOf(a)[type] !== digestsOf(b)[type])
  const found: Difference[] = []
  let truncated = false
  for (const type of full ? types : differing) {
    for await (const difference of differencesOf(type, views, full, onProgress)) {
      if (found.length === limit) {
        truncated = true
        break
      }
      found.push(difference)
    }
  }
  const witness = new Witness(settings, [urlA, urlB])
  const judged: Judged[] = []
  for (const [collection, group] of Map.groupBy(found, ({ uri }) => uri.slice(0, uri.lastIndexOf('/')))) {
    const now = await again(collection, group, views)
    for (const difference of now.filter(({ a: one, b: other }) => one !== other)) {
      onProgress(`asking the repositories: ${judged.length} of ${found.length}`)
      const repository = await witness.ask(difference.uri)
      judged.push({ ...difference, repository, right: rightOf(difference, repository) })
    }
  }
  // A state that both came through, one after the other, is the same: writes are on their way all the time.
  const [laterA, laterB] = differing.length > 0 ? await describedBy(views) : [a, b]
  const meet = (type: string) =>
    [a, laterA].some(one => [b, laterB].some(other => digestsOf(one)[type] === digestsOf(other)[type]))
  const explained = new Set(judged.map(({ uri }) => uri.split('/')[3]))
  const unexplained = differing.filter(type => !explained.has(type) && !meet(type))
  return {
    a: sideOf(urlA, a),
    b: sideOf(urlB, b),
    differing,
    unexplained,
    isFull: full,
    records: Object.values((a.counts ?? {}) as Record<string, number>).reduce((sum, count) => sum + count, 0),
    judged,
    truncated,
    agree: judged.length === 0 && unexplained.length === 0 && !truncated,
  }
}

type Described = Awaited<ReturnType<AppView['describeService']>>

const describedBy = ([a, b]: readonly [AppView, AppView]): Promise<[Described, Described]> =>
  Promise.all([a.describeService(), b.describeService()])

const digestsOf = ({ digests }: Described) => digests as Record<string, string>

function rightOf({ a, b }: Difference, { kind, cid }: Said): Judged['right'] {
  if (kind === 'unknown') return 'unknown'
  return a === cid ? 'a' : b === cid ? 'b' : 'neither'
}

/** The states of records of one collection of an account at both, as they say them now. */
async function again(
  collectionUri: string,
  differences: readonly Difference[],
  views: readonly [AppView, AppView],
): Promise<Difference[]> {
  const [did, collection] = collectionUri.slice('at://'.length).split('/') as [string, string]
  const wanted = new Set(differences.map(({ uri }) => uri))
  const [ours, theirs] = await Promise.all(
    views.map(async view => {
      const states = new Map<string, string>()
      for await (const { uri, cid } of records(view, did, collection))
        if (wanted.has(uri)) states.set(uri, cid)
      return states
    }),
  )
  return differences.map(({ uri }) => {
    const [a, b] = [ours!.get(uri), theirs!.get(uri)]
    return { uri, ...(a && { a }), ...(b && { b }) }
  })
}

function sideOf(
  url: string,
  {
    did,
    lexiconVersion,
    upstreams,
  }: { did: string; lexiconVersion: string; upstreams: readonly { lag?: number }[] },
): Side {
  const lags = upstreams.flatMap(({ lag }) => lag ?? [])
  return { url, did, lexiconVersion, ...(lags.length > 0 && { lag: Math.max(...lags) }) }
}
