import { nsid } from '@frost/lexicon'
import { distributionsIn, placeKey, type RawDistribution } from '../availability.ts'
import type { AvailabilityRow } from '../availability-tables.ts'
import type { JsonValue } from '../json-text.ts'
import { text } from '../projection.ts'
import type { Database } from '../schema.ts'

type Fields = { [name: string]: JsonValue }

/** What was found at the places of some distributions. */
async function rowsOf(
  db: Database,
  distributions: readonly RawDistribution[],
): Promise<ReadonlyMap<RawDistribution, AvailabilityRow>> {
  const keys = distributions.map(placeKey)
  const places = [...new Set(keys.filter(key => key !== undefined))]
  if (places.length === 0) return new Map()
  const rows = await db
    .selectFrom('availability')
    .selectAll()
    .where('place', 'in', places)
    .where('state', '!=', 'new')
    .execute()
  const rowOf = new Map(rows.map(row => [row.place, row]))
  return new Map(
    distributions.flatMap((distribution, at) => {
      const row = rowOf.get(keys[at] ?? '')
      return row ? [[distribution, row]] : []
    }),
  )
}

function view({ state, since, checked_at, latency, reason }: AvailabilityRow): Fields {
  return {
    state,
    since: since ?? undefined,
    checkedAt: checked_at ?? undefined,
    latency: latency ?? undefined,
    reason: reason ?? undefined,
  }
}

/** What an entry's view says of its copies: whether each can be read, and which of those of the original answers soonest. */
export async function copiesOfEntry(db: Database, uri: string, json: string): Promise<Fields> {
  const own = distributionsIn(JSON.parse(json) as RawDistribution)
  const found = await rowsOf(db, own)
  if (found.size === 0) return {}
  const availability = own.flatMap(distribution => {
    const row = found.get(distribution)
    return row ? [{ distribution: text(distribution.id), ...view(row) }] : []
  })
  const copies = copiesOfOriginal(own).flatMap(distribution => {
    const row = found.get(distribution)
    return row?.state === 'up'
      ? [{ distribution: text(distribution.id), latency: row.latency ?? undefined }]
      : []
  })
  const best = soonest(copies) ?? soonest(await mirrorsThatAnswer(db, uri))
  return { availability, bestCopy: best }
}

/** The first original and what its owner says to be replicas of it; the owner's word is taken before that of mirrors. */
function copiesOfOriginal(own: readonly RawDistribution[]): readonly RawDistribution[] {
  const original = own.find(({ role }) => role === 'primary') ?? own[0]
  return own.filter(
    one => one === original || (one.role === 'replica' && (one.of === undefined || one.of === original?.id)),
  )
}

const MOST_MIRRORS = 64

async function mirrorsThatAnswer(db: Database, entry: string): Promise<Fields[]> {
  const rows = await db
    .selectFrom('link')
    .innerJoin('record', 'record.uri', 'link.uri')
    .select(['record.uri', 'record.json'])
    .where('link.subject', '=', entry)
    .where('link.kind', '=', 'mirror')
    .where('record.collection', '=', nsid('dataset.mirror'))
    .where('record.visible', '=', 1)
    .limit(MOST_MIRRORS)
    .execute()
  const places = rows.flatMap(({ uri, json }) =>
    distributionsIn(JSON.parse(json)).map(distribution => ({ uri, distribution })),
  )
  const found = await rowsOf(
    db,
    places.map(({ distribution }) => distribution),
  )
  return places.flatMap(({ uri, distribution }) => {
    const row = found.get(distribution)
    return row?.state === 'up' ? [{ mirror: uri, latency: row.latency ?? undefined }] : []
  })
}

function soonest(copies: readonly Fields[]): Fields | undefined {
  const time = ({ latency }: Fields) => (typeof latency === 'number' ? latency : Number.POSITIVE_INFINITY)
  return [...copies].sort((a, b) => time(a) - time(b))[0]
}

/** What was found at each of some mirrors, in their order. */
export async function availabilityOfMirrors(
  db: Database,
  mirrors: readonly { readonly json: string }[],
): Promise<(Fields | undefined)[]> {
  const places = mirrors.map(({ json }) => distributionsIn(JSON.parse(json))[0])
  const found = await rowsOf(
    db,
    places.filter(place => place !== undefined),
  )
  return places.map(place => {
    const row = place && found.get(place)
    return row && view(row)
  })
}
