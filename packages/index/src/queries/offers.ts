import { answer, type JsonText } from '../json-text.ts'
import { isOver } from '../offer-facts.ts'
import { decodePosition, type Position } from '../page-cursor.ts'
import { items, text } from '../projection.ts'
import { OFFERED } from '../projections/offer.ts'
import { parseRecord } from '../record-text.ts'
import { ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { requireAccount } from './accounts.ts'
import { type Paging, requireEntry } from './entries.ts'
import { titlesOf } from './feed-items.ts'
import { type LinkedRow, linkedRows } from './list.ts'
import { sifted } from './sifted.ts'
import { entryViews, recordViews } from './views.ts'

export interface OfferFilter {
  readonly q?: string
  readonly entry?: string
  readonly seller?: string
  readonly currency?: string
  readonly fundsDataset?: boolean
}

/** Paid ways to data, newest first. @throws QueryError EntryNotFound, ActorNotFound */
export async function listOffers(
  db: Database,
  { limit = 25, cursor, ...filter }: Paging & OfferFilter,
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const subject = filter.entry === undefined ? undefined : await requireEntry(db, filter.entry)
  const seller = filter.seller === undefined ? undefined : await requireAccount(db, filter.seller)
  const { page, cursor: next } = await sifted(
    { limit, after },
    ({ sort_key, uri }: LinkedRow): Position => [sort_key, uri],
    (from, most) =>
      subject === undefined
        ? linkedRows(db, OFFERED, 'offered', most, from)
        : linkedRows(db, subject, 'offer', most, from),
    rows =>
      meeting(
        db,
        rows.filter(({ did }) => seller === undefined || did === seller),
        filter,
      ),
  )
  const views = await recordViews(db, page)
  const subjects = page.map(({ json }) => text(parseRecord(json).subject) ?? '')
  const entries = new Map((await entryViews(db, [...new Set(subjects)])).map(entry => [entry.uri, entry]))
  return answer({
    offers: views.map((view, place) => ({
      ...view,
      byOwner: ownerOf(subjects[place]!) === page[place]!.did,
      expired: isOver(text(parseRecord(page[place]!.json).validThrough)),
      entry: entries.get(subjects[place]!),
    })),
    cursor: next,
  })
}

/** Those of the offers that a filter asks for. */
async function meeting(
  db: Database,
  rows: readonly LinkedRow[],
  { q, currency, fundsDataset }: OfferFilter,
): Promise<readonly LinkedRow[]> {
  const words = (q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const offers = rows.map(row => ({ row, offer: parseRecord(row.json) }))
  const fitting = offers.filter(({ offer }) => {
    const hasCurrency = items(offer.prices).some(
      price => text(price.currency)?.toUpperCase() === currency?.toUpperCase(),
    )
    return (currency === undefined || hasCurrency) && (!fundsDataset || offer.fundsDataset === true)
  })
  if (words.length === 0) return fitting.map(({ row }) => row)
  const subjects = fitting.map(({ offer }) => text(offer.subject) ?? '')
  const titles = await titlesOf(db, [...new Set(subjects)])
  return fitting.flatMap(({ row, offer }, place) => {
    const { name } = items([offer.seller])[0] ?? {}
    const said = [titles.get(subjects[place]!), text(offer.terms), text(name)].join(' ').toLowerCase()
    return words.every(word => said.includes(word)) ? row : []
  })
}
