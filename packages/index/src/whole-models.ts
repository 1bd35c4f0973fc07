import { setImmediate as breath } from 'node:timers/promises'
import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { type Fields, items, text } from './projection.ts'
import { parseRecord } from './record-text.ts'
import { ownerOf } from './reference-key.ts'
import type { Database } from './schema.ts'

/** Bytes of a record beyond which a model is left a reference: twice what FROST's own tools ever put into one. */
const MOST_BYTES = 512_000

/**
 * An entry with the models that stand in records of their own put in their place, as those say now and as far as search looks at them.
 * A model counts for the dataset that it names, and only if it is of the same account; what is not held stays a reference.
 * They are read one after the other: strangers decide how large they are.
 */
export async function withWholeModels(db: Database, uri: string, value: Fields): Promise<Fields> {
  const models = items(value.models)
  if (!models.some(model => referenceIn(model, uri))) return value
  const whole: Fields[] = []
  for (const model of models) whole.push((await modelRecord(db, uri, referenceIn(model, uri))) ?? model)
  return { ...value, models: whole }
}

async function modelRecord(
  db: Database,
  dataset: string,
  uri: string | undefined,
): Promise<Fields | undefined> {
  if (uri === undefined) return undefined
  await breath()
  const row = await db
    .selectFrom('link')
    .innerJoin('record', 'record.uri', 'link.uri')
    .select('record.json')
    .where('link.uri', '=', uri)
    .where('link.kind', '=', 'model')
    .where('link.subject', '=', dataset)
    .where('record.collection', '=', nsid('dataset.model'))
    .where(sql<number>`octet_length(record.json)`, '<=', MOST_BYTES)
    .executeTakeFirst()
  const [model] = items([row && parseRecord(row.json).model])
  return model && namesIn(model)
}

/** What search looks at, and nothing of what else a model may hold. */
function namesIn({ $type, variables, columns }: Fields): Fields {
  const only = (list: unknown, names: readonly string[]) =>
    Array.isArray(list)
      ? items(list).map(item => Object.fromEntries(names.map(name => [name, item[name]])))
      : undefined
  return {
    $type,
    variables: only(variables, ['name', 'standardName', 'longName', 'role']),
    columns: only(columns, ['name', 'description']),
  }
}

/** The record that a model of an entry stands in, where that is its owner's. */
function referenceIn({ ref }: Fields, entry: string): string | undefined {
  const uri = text(items([ref])[0]?.uri)
  return uri !== undefined && ownerOf(uri) === ownerOf(entry) ? uri : undefined
}
