import { frost } from '@frost/lexicon'
import type { AppView } from '../appview.ts'

/** A record that two AppViews do not hold alike: its state at each, where it has one. */
export interface Difference {
  readonly uri: string
  readonly a?: string
  readonly b?: string
}

type Views = readonly [AppView, AppView]

/** Where two AppViews differ in one record type: first by accounts, then by records. Both are read in order, side by side. */
export async function* differencesOf(
  collection: string,
  views: Views,
  onProgress: (text: string) => void,
): AsyncGenerator<Difference> {
  const [a, b] = views.map(view => accounts(view, collection))
  for await (const [left, right] of merged(a!, b!, ({ did }) => did)) {
    if (left?.digest === right?.digest) continue
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

async function* accounts(view: AppView, collection: string) {
  let cursor: string | undefined
  do {
    const page = await view.call(frost.service.listDigests.main, {
      collection: collection as never,
      ...(cursor && { cursor }),
    })
    yield* page.digests
    cursor = page.cursor
  } while (cursor)
}

/** The records of one collection of an account, as an AppView holds them. */
export async function* records(view: AppView, did: string, collection: string) {
  let cursor: string | undefined
  do {
    const page = await view.call(frost.service.listRecords.main, {
      did: did as never,
      collection: collection as never,
      limit: 1000,
      ...(cursor && { cursor }),
    })
    yield* page.records
    cursor = page.cursor
  } while (cursor)
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
