import { setImmediate as breath } from 'node:timers/promises'
import { edtfRange, nsid } from '@frost/lexicon'
import { among } from './among.ts'
import { inParts } from './in-parts.ts'
import type { Position } from './page-cursor.ts'
import { type Fields, items, text } from './projection.ts'
import { OFFERED } from './projections/offer.ts'
import { linkedRows } from './queries/list.ts'
import { parseRecord } from './record-text.ts'
import type { Database } from './schema.ts'

/** How one pays, as search knows it: the models of the lexicon. */
const MODELS = ['one-time', 'subscription', 'usage', 'on-request']
const OFFERS_A_PAGE = 1000

/** Whether an offer stands no more. */
export function isOver(validThrough: string | undefined, now = new Date()): boolean {
  const range = validThrough === undefined ? undefined : edtfRange(validThrough)
  const year = now.getUTCFullYear()
  const part = (now.getTime() - Date.UTC(year, 0, 1)) / (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1))
  return range !== undefined && range.end < year + part
}

/**
 * What kinds of offers a dataset has, for search: `any`, how one pays, and `free` or `paid` where a price says so. What is over by
 * now is none.
 */
export function offerKinds(offers: readonly Fields[], now = new Date()): string[] {
  const standing = offers.filter(({ validThrough }) => !isOver(text(validThrough), now))
  if (standing.length === 0) return []
  const amounts = standing.flatMap(({ prices }) => items(prices).map(({ amount }) => Number(text(amount))))
  const models = standing.map(({ model }) => text(model) ?? '')
  return [
    'any',
    ...(amounts.includes(0) ? ['free'] : []),
    ...(amounts.some(amount => amount > 0) ? ['paid'] : []),
    ...MODELS.filter(model => models.includes(model)),
  ]
}

/** The kinds of offers of these datasets; those without are left out. */
export async function offersOf(
  db: Database,
  uris: readonly string[],
  now = new Date(),
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await inParts([...new Set(uris)], part =>
    db
      .selectFrom('link')
      .innerJoin('record', 'record.uri', 'link.uri')
      .select(['link.subject', 'record.json'])
      .where('link.kind', '=', 'offer')
      .where(among(db, 'link.subject', part))
      .where('record.collection', '=', nsid('dataset.offer'))
      .where('record.visible', '=', 1)
      .execute(),
  )
  const offers = new Map<string, Fields[]>()
  for (const { subject, json } of rows) {
    const list = offers.get(subject)
    if (list) list.push(parseRecord(json))
    else offers.set(subject, [parseRecord(json)])
  }
  return new Map([...offers].map(([uri, list]) => [uri, offerKinds(list, now)]))
}

/**
 * Datasets with an offer that is over by `now` and was not by `before`: what search knows of them may be out of date, since nobody
 * wrote anything.
 */
export async function datasetsOfOverOffers(db: Database, now: Date, before?: Date): Promise<string[]> {
  const datasets = new Set<string>()
  for (let after: Position | undefined; ; ) {
    const page = await linkedRows(db, OFFERED, 'offered', OFFERS_A_PAGE, after)
    for (const offer of page.map(({ json }) => parseRecord(json))) {
      const until = text(offer.validThrough)
      const subject = text(offer.subject)
      if (subject !== undefined && isOver(until, now) && !(before && isOver(until, before)))
        datasets.add(subject)
    }
    const last = page.at(-1)
    if (!last) return [...datasets]
    after = [last.sort_key, last.uri]
    await breath()
  }
}
