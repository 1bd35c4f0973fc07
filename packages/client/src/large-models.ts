import type { LexMap, TypedLexMap } from '@atproto/lex'
import { cidForLex } from '@atproto/lex-cbor'
import { MOST_BYTES, MOST_RECORD_BYTES, sizeOf } from '@frost/catalogs/model-size'
import { atUri, definition, nsid, recordHints, rkeyOf } from '@frost/lexicon'
import { FrostError, UsageError } from './errors.ts'
import { type FoundRecord, publicClient } from './lookup.ts'
import { type Repository, readRecord, type Write, type Written } from './repository.ts'
import { checked } from './validation.ts'

const ENTRY = nsid('dataset.entry')
const MODEL = nsid('dataset.model')

/**
 * Writes an entry. Models that are too large for it go into records of their own, in the same commit, and the entry refers to them.
 * @param expected CID that the entry must have now; null where there must be none
 * @throws FrostError `RecordChanged` where it has another state; UsageError where a model is too large for any record
 */
export async function putEntry(
  repository: Repository,
  entry: TypedLexMap,
  rkey: string,
  expected: string | null,
): Promise<Written & { readonly warnings: readonly string[] }> {
  const { record, models } = await apart(entry, repository.did, rkey)
  const warnings = recordHints(record)
  if (models.size === 0) return { ...(await repository.put(record, rkey, expected)), warnings }
  const head = await repository.head()
  const uri = atUri(repository.did, ENTRY, rkey)
  const current = await repository.get(ENTRY, rkey)
  if ((current?.cid ?? null) !== expected)
    throw new FrostError(
      'RecordChanged',
      expected === null
        ? `${uri} exists already: choose another --slug, or change it with 'frost edit'`
        : `${uri} was changed by somebody else meanwhile: nothing was written; read it again and repeat the change`,
    )
  const writes: Write[] = []
  for (const [key, model] of models) {
    const held = await repository.get(MODEL, key)
    writes.push({ action: held ? 'update' : 'create', collection: MODEL, rkey: key, record: model })
  }
  writes.push({ action: current ? 'update' : 'create', collection: ENTRY, rkey, record })
  const { rev } = await repository.applyAt(head, writes)
  return { uri, cid: (await cidForLex(record)).toString(), ...(rev && { rev }), warnings }
}

/** An entry without its large models, and the records that hold those, by key. */
export async function apart(
  entry: TypedLexMap,
  did: string,
  rkey: string,
): Promise<{ readonly record: TypedLexMap; readonly models: ReadonlyMap<string, TypedLexMap> }> {
  const all = Array.isArray(entry.models) ? (entry.models as LexMap[]) : []
  const models = new Map<string, TypedLexMap>()
  if (all.every(model => sizeOf(model) <= MOST_BYTES)) return { record: entry, models }
  // A model that stands apart already keeps its key.
  const taken = new Set(all.flatMap(model => keyOfReference(model) ?? []))
  const kept: LexMap[] = []
  for (const model of all) {
    if (sizeOf(model) <= MOST_BYTES) {
      kept.push(model)
      continue
    }
    if (sizeOf(model) > MOST_RECORD_BYTES)
      throw new UsageError(
        `models[${kept.length}] has ${sizeOf(model)} bytes, more than ${MOST_RECORD_BYTES}: list its main variables or columns, set ` +
          'truncated, and name a document that has all in full',
      )
    const key = freeKey(rkey, taken)
    taken.add(key)
    const { record } = checked({
      $type: MODEL,
      dataset: atUri(did, ENTRY, rkey),
      createdAt: entry.createdAt!,
      model,
    } as TypedLexMap)
    models.set(key, record)
    kept.push({
      $type: definition('modelRef'),
      ref: { uri: atUri(did, MODEL, key), cid: (await cidForLex(record)).toString() },
      variableCount: countIn(model),
    })
  }
  return { record: { ...entry, models: kept } as TypedLexMap, models }
}

function freeKey(rkey: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const key = number === 1 ? rkey : `${rkey}~${number}`
    if (!taken.has(key)) return key
  }
}

function keyOfReference(model: LexMap): string | undefined {
  const { uri } = (model.ref ?? {}) as { uri?: unknown }
  return typeof uri === 'string' && uri.includes(`/${MODEL}/`) ? rkeyOf(uri) : undefined
}

function countIn({ variables, columns, variableCount, columnCount }: LexMap): number {
  const listed = Array.isArray(variables) ? variables : Array.isArray(columns) ? columns : []
  return Number(variableCount ?? columnCount ?? listed.length)
}

/** An entry's models, those that stand in records of their own read from the owner's repository; what is gone stays a reference. */
export async function wholeModels({
  value,
  owner,
}: Pick<FoundRecord, 'value' | 'owner'>): Promise<readonly LexMap[]> {
  const models = Array.isArray(value.models) ? (value.models as LexMap[]) : []
  return Promise.all(
    models.map(async model => {
      const key = keyOfReference(model)
      if (key === undefined) return model
      const held = await readRecord(publicClient(owner.pds), owner.did, MODEL, key)
      return (held?.value.model as LexMap | undefined) ?? model
    }),
  )
}
