import { frost } from '@frost/lexicon'
import { type AppView, type CollectionView, Refused } from '../appview.ts'

/** What somebody who looks at a page has said about what it shows. */
export interface Standing {
  readonly follows: boolean
  /** Kinds of their endorsements. */
  readonly endorsed: readonly string[]
}

export const NO_STANDING: Standing = { follows: false, endorsed: [] }

/** Whether an account follows something: a DID, an at-uri or a query. */
export async function followsIt(appview: AppView, did: string, subject: string): Promise<boolean> {
  const { follows } = await known(
    appview.query(frost.graph.listFollows, { actor: did, subject: [subject], limit: 1 }),
    { follows: [] },
  )
  return follows.length > 0
}

/** What an account has said of a dataset. */
export async function standingOn(
  appview: AppView,
  did: string | undefined,
  entry: string,
): Promise<Standing> {
  if (did === undefined) return NO_STANDING
  const [follows, { endorsements }] = await Promise.all([
    followsIt(appview, did, entry),
    known(appview.query(frost.discussion.listEndorsements, { subject: entry, actor: did, limit: 25 }), {
      endorsements: [],
    }),
  ])
  const kinds = (endorsements as readonly { record: { kind?: unknown } }[]).map(({ record }) =>
    String(record.kind),
  )
  return { follows, endorsed: [...new Set(kinds)] }
}

/** Collections of an account, and which of them hold a dataset. */
export async function collectionsOf(appview: AppView, did: string, entry: string) {
  const [all, holding] = await Promise.all([
    known(appview.query(frost.dataset.listCollections, { actor: did, limit: 100 }), { collections: [] }),
    known(appview.query(frost.dataset.listCollections, { actor: did, holding: entry, limit: 100 }), {
      collections: [],
    }),
  ])
  const held = new Set((holding.collections as { uri: string }[]).map(({ uri }) => uri))
  return (all.collections as unknown as CollectionView[]).map(collection => ({
    collection,
    isHolding: held.has(collection.uri),
  }))
}

/** An account that the AppView does not know yet has said nothing. */
async function known<Answer>(asked: Promise<unknown>, none: Answer): Promise<Answer> {
  try {
    return (await asked) as Answer
  } catch (error) {
    if (error instanceof Refused && error.error.endsWith('NotFound')) return none
    throw error
  }
}
