import { nsid } from '@frost/lexicon'
import type { Engine } from './engine.ts'

/** That search looks into the models that stand in records of their own, which versions before did not. */
const MARK = 'search_holds_models'

/** Datasets that search must look at anew since a version before it did not see their models; none once that is marked as done. */
export async function datasetsWithUnseenModels({ reader }: Engine): Promise<string[]> {
  const mark = await reader.selectFrom('meta').select('value').where('key', '=', MARK).executeTakeFirst()
  if (mark) return []
  const rows = await reader
    .selectFrom('link')
    .innerJoin('record', 'record.uri', 'link.subject')
    .select('record.uri')
    .distinct()
    .where('link.kind', '=', 'model')
    .where('record.collection', '=', nsid('dataset.entry'))
    .where('record.visible', '=', 1)
    .execute()
  return rows.map(({ uri }) => uri)
}

export async function markModelsSeen({ write }: Engine): Promise<void> {
  await write(tx =>
    tx
      .insertInto('meta')
      .values({ key: MARK, value: '1' })
      .onConflict(c => c.column('key').doNothing())
      .execute(),
  )
}
