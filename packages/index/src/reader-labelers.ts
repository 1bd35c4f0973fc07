import type { Engine } from './engine.ts'
import { QueryError } from './errors.ts'
import type { Database } from './schema.ts'

/** Labelers of one reader; what is said in each is a header and a look-up in every answer. */
const MOST_OF_A_READER = 20

/** A labeler that somebody wants to hear, and what is to become of what it says where that is not what it proposes itself. */
export interface ChosenLabeler {
  readonly did: string
  readonly labels: readonly { readonly val: string; readonly show: string }[]
}

/** Whose labels people want to see: of this AppView alone. */
export class ReaderLabelers {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Undefined where they have not chosen: the operator's then. */
  of(did: string): Promise<readonly ChosenLabeler[] | undefined> {
    return chosenBy(this.#engine.reader, did)
  }

  /**
   * @param labelers undefined to take the operator's again
   * @throws QueryError TooManyLabelers
   */
  async choose(did: string, labelers: readonly ChosenLabeler[] | undefined): Promise<void> {
    const distinct = [...new Map((labelers ?? []).map(one => [one.did, one])).values()]
    if (distinct.length > MOST_OF_A_READER)
      throw new QueryError(
        'TooManyLabelers',
        `${distinct.length} labelers were chosen: choose ${MOST_OF_A_READER} at most`,
      )
    await this.#engine.write(async tx => {
      await tx.deleteFrom('reader_labeler').where('did', '=', did).execute()
      if (labelers === undefined) return
      // An empty row says that they have chosen, be it nobody.
      const rows = [{ labeler: '', labels: '[]' }, ...distinct.map(rowOf)]
      await tx
        .insertInto('reader_labeler')
        .values(rows.map((row, place) => ({ did, place, ...row })))
        .execute()
    })
  }

  /** All labelers that readers chose, those of the most readers first. */
  async all(limit: number): Promise<string[]> {
    const { reader } = this.#engine
    const rows = await reader
      .selectFrom('reader_labeler')
      .select(['labeler', reader.fn.countAll<number>().as('count')])
      .where('labeler', '!=', '')
      .groupBy('labeler')
      .orderBy('count', 'desc')
      .orderBy('labeler')
      .limit(limit)
      .execute()
    return rows.map(({ labeler }) => labeler)
  }
}

const rowOf = ({ did, labels }: ChosenLabeler) => ({
  labeler: did,
  labels: JSON.stringify(labels.map(({ val, show }) => ({ val, show }))),
})

async function chosenBy(db: Database, did: string): Promise<readonly ChosenLabeler[] | undefined> {
  const rows = await db
    .selectFrom('reader_labeler')
    .select(['labeler', 'labels'])
    .where('did', '=', did)
    .orderBy('place')
    .execute()
  if (rows.length === 0) return undefined
  return rows.flatMap(({ labeler, labels }) =>
    labeler === '' ? [] : { did: labeler, labels: JSON.parse(labels) as ChosenLabeler['labels'] },
  )
}
