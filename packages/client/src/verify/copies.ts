import type { LexMap } from '@atproto/lex'
import { frost, withoutEnd } from '@frost/lexicon'
import type { AppView } from '../appview.ts'
import { FrostError } from '../errors.ts'
import { type Distribution, distributionsOf } from '../store.ts'

/** A place where a dataset is said to lie. */
export interface Claimed extends Distribution {
  readonly id: string
  readonly kind: 'distribution' | 'mirror' | 'given'
  /** Of a mirror: who announces it, and its record. */
  readonly by?: { readonly did: string; readonly handle: string }
  readonly record?: string
  readonly of?: string
  readonly cloud?: string
  /** Of a mirror: how its keeper says that it was made. */
  readonly method?: string
  readonly contentSize?: string
  readonly digests?: readonly { readonly algorithm: string; readonly value: string }[]
  readonly access?: LexMap
}

/** The owner's copies, as the record says. */
export function ownCopies(entry: LexMap): Claimed[] {
  const access = entry.access as LexMap | undefined
  return distributionsOf(entry).map((distribution, at) => ({
    ...(access && { access }),
    ...distribution,
    id: distribution.id ?? `#${at + 1}`,
    kind: 'distribution' as const,
  }))
}

const MOST_MIRRORS = 200
const MOST_PAGES = 10

/** Copies that others announced, as an AppView knows them; at most 200. @throws FrostError `BadAnswer` where it lists none */
export async function mirroredCopies(appview: AppView, entry: string): Promise<Claimed[]> {
  const found: Claimed[] = []
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES && found.length < MOST_MIRRORS; page++) {
    const answer = (await appview.call(frost.dataset.listMirrors.main, {
      entry: entry as never,
      limit: 100,
      ...(cursor && { cursor }),
    })) as unknown as { mirrors: readonly MirrorView[]; cursor?: string }
    if (!Array.isArray(answer.mirrors))
      throw new FrostError('BadAnswer', `AppView ${appview.url} answers without a list of mirrors`)
    for (const { uri, author, record } of answer.mirrors as readonly MirrorView[])
      for (const distribution of distributionsOf({ distributions: [record.distribution ?? null] } as LexMap))
        found.push({
          ...distribution,
          id: `mirror of ${author.handle}`,
          kind: 'mirror',
          by: { did: author.did, handle: author.handle },
          record: uri,
          ...(typeof record.method === 'string' && { method: record.method }),
        })
    if (answer.cursor === undefined || answer.cursor === cursor) break
    cursor = answer.cursor
  }
  return found.slice(0, MOST_MIRRORS)
}

interface MirrorView {
  readonly uri: string
  readonly author: { readonly did: string; readonly handle: string }
  readonly record: { readonly distribution?: LexMap; readonly method?: unknown }
}

const COPIES = new Set(['replica'])
const OTHERS = new Set(['alternate-encoding', 'virtual', 'part', 'subset', 'sample'])
const MADE_ANEW = new Set(['rechunk', 'reformat'])

/** Whether a place is said to hold what another one holds, byte by byte. */
export function isCopy({ kind, role, of, method }: Claimed): boolean {
  if (kind === 'given') return true
  if (kind === 'mirror') return !MADE_ANEW.has(method ?? '') && !OTHERS.has(role ?? '')
  return COPIES.has(role ?? '') || (of !== undefined && !OTHERS.has(role ?? ''))
}

/** Places to hold a copy against, best first: what it says it copies, then the owner's originals, then fellow copies. */
export function referencesFor<Place extends Claimed>(copy: Place, all: readonly Place[]): Place[] {
  const rank = (place: Place) => {
    if (copy.of !== undefined && place.kind === 'distribution' && place.id === copy.of) return 0
    if (isCopy(place)) return 4
    return lastPart(place.uri) === lastPart(copy.uri) ? 1 : place.role === 'primary' ? 2 : 3
  }
  return all
    .filter(place => place !== copy)
    .map((place, at) => ({ place, at, rank: rank(place) }))
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .map(({ place }) => place)
}

function lastPart(uri: string): string {
  return withoutEnd(uri.replace(/[?#].*$/s, ''), '/')
    .split('/')
    .at(-1)!
    .toLowerCase()
}
