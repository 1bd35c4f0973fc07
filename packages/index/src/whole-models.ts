import { nsid } from '@frost/lexicon'
import { inParts } from './in-parts.ts'
import { type Fields, items, text } from './projection.ts'
import { parseRecord } from './record-text.ts'
import { ownerOf } from './reference-key.ts'
import type { Database } from './schema.ts'

const MODEL = nsid('dataset.model')

/**
 * Entries with the models that stand in records of their own put in their place, as those say now. A model counts for the dataset
 * that it names, and only if it is of the same account; what is not held stays a reference.
 */
export async function withWholeModels(
  db: Database,
  entries: readonly { readonly uri: string; readonly value: Fields }[],
): Promise<Fields[]> {
  const uris = entries.flatMap(({ uri, value }) =>
    items(value.models).flatMap(model => referenceIn(model, uri) ?? []),
  )
  if (uris.length === 0) return entries.map(({ value }) => value)
  const rows = await inParts([...new Set(uris)], part =>
    db
      .selectFrom('record')
      .select(['uri', 'json'])
      .where('uri', 'in', part)
      .where('collection', '=', MODEL)
      .where('visible', '=', 1)
      .execute(),
  )
  const held = new Map(rows.map(({ uri, json }) => [uri, parseRecord(json)]))
  return entries.map(({ uri, value }) => ({
    ...value,
    ...(value.models !== undefined && {
      models: items(value.models).map(model => {
        const record = held.get(referenceIn(model, uri) ?? '')
        return record?.dataset === uri ? (items([record.model])[0] ?? model) : model
      }),
    }),
  }))
}

/** The record that a model of an entry stands in, where that is its owner's. */
function referenceIn({ ref }: Fields, entry: string): string | undefined {
  const uri = text(items([ref])[0]?.uri)
  return uri !== undefined && ownerOf(uri) === ownerOf(entry) ? uri : undefined
}
