import { frost } from '@frost/lexicon'
import type { AppView } from '../appview.ts'
import { FrostError } from '../errors.ts'

/** A record that two AppViews do not hold alike: its state at each, where it has one. */
export interface Difference {
  readonly uri: string
  readonly a?: string
  readonly b?: string
}

type Views = readonly [AppView, AppView]

/**
 * Where two AppViews differ in one record type: first by accounts, then by records. Both are read in order, side by side.
 * @param full the records also of accounts of which both give the same digest
 */
export async function* differencesOf(
  collection: string,
  views: Views,
  full: boolean,
  onProgress: (text: string) => void,
): AsyncGenerator<Difference> {
  const [a, b] = views.map(view => accounts(view, collection))
  for await (const [left, right] of merged(a!, b!, ({ did }) => did)) {
    if (!full && left?.digest === right?.digest) continue
    const did = (left ?? right)!.did
    onProgress(`${collection} of ${did}`)
    const [ours, theirs] = views.map(view => records(view, did, collection))
    for await (const [one, other] of merged(ours!, theirs!, ({ uri }) => uri))
      if (one?.cid !== other?.cid)
        yield {
          uri: (one ?? other)!.uri,
          ...(one && { a: one.cid }),
          ...(other && { b: other.cid }),
        }
  }
}

const accounts = (view: AppView, collection: string) =>
  everyPage(
    cursor =>
      view
        .call(frost.service.listDigests.main, { collection: collection as never, ...(cursor && { cursor }) })
        .then(({ digests, cursor: next }) => ({ items: digests, next })),
    ({ did }) => did,
    view,
  )

/** The records of one collection of an account, as an AppView holds them. */
export const records = (view: AppView, did: string, collection: string) =>
  everyPage(
    cursor =>
      view
        .call(frost.service.listRecords.main, {
          did: did as never,
          collection: collection as never,
          limit: 1000,
          ...(cursor && { cursor }),
        })
        .then(({ records: items, cursor: next }) => ({ items, next })),
    ({ uri }) => uri,
    view,
  )

/**
 * All items of all pages, which come in ascending order of their keys.
 * @throws FrostError `BadAnswer` where they do not, or a page leads back to itself: it would never end
 */
async function* everyPage<Item>(
  ask: (cursor: string | undefined) => Promise<{ readonly items: readonly Item[]; readonly next?: string }>,
  keyOf: (item: Item) => string,
  { url }: AppView,
): AsyncGenerator<Item> {
  let last = ''
  let cursor: string | undefined
  for (;;) {
    const { items, next } = await ask(cursor)
    if (!Array.isArray(items)) throw new FrostError('BadAnswer', `AppView ${url} answers without a list`)
    for (const item of items as readonly Item[]) {
      const key = String(keyOf(item))
      if (compare(key, last) <= 0)
        throw new FrostError(
          'BadAnswer',
          `AppView ${url} lists '${key.slice(0, 200)}' after '${last.slice(0, 200)}': its lists are not in order and cannot be compared`,
        )
      last = key
      yield item
    }
    if (next === undefined) return
    if (next === cursor)
      throw new FrostError('BadAnswer', `AppView ${url} answers the same cursor again: its list has no end`)
    cursor = next
  }
}

/** Two sequences in ascending order of their keys as one: what has the same key comes together. */
export async function* merged<Item>(
  a: AsyncIterable<Item>,
  b: AsyncIterable<Item>,
  keyOf: (item: Item) => string,
): AsyncGenerator<readonly [Item | undefined, Item | undefined]> {
  const left = a[Symbol.asyncIterator]()
  const right = b[Symbol.asyncIterator]()
  let [one, other] = [await left.next(), await right.next()]
  while (!one.done || !other.done) {
    const [x, y] = [one.done ? undefined : one.value, other.done ? undefined : other.value]
    const order = x === undefined ? 1 : y === undefined ? -1 : compare(keyOf(x), keyOf(y))
    yield [order <= 0 ? x : undefined, order >= 0 ? y : undefined]
    if (order <= 0) one = await left.next()
    if (order >= 0) other = await right.next()
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
