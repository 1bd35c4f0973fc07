import { nsid } from '@frost/lexicon'
import type { Json, JsonObject } from '../diff/keys.ts'
import { QueryError } from '../errors.ts'
import { type RecordState, stateAt, stateNow } from '../former-states.ts'
import { type Fields, items, text } from '../projection.ts'
import { parseRecord } from '../record-text.ts'
import { ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { withDid } from './accounts.ts'

/** One state of a dataset: its whole description, and where its data stood. */
export interface ComparedState {
  readonly uri: string
  readonly cid: string
  /** Label, of a version. */
  readonly version?: string
  /** False where the state of the entry that is meant is not held, and the entry as it is now stands in for it. */
  readonly exact?: boolean
  readonly state: JsonObject
}

/** Fields of a version that say something of the version, not of the dataset in it. */
const VERSION_ONLY = [
  '$type',
  'dataset',
  'version',
  'releasedAt',
  'entry',
  'line',
  'previous',
  'pins',
  'changes',
  'corrects',
]

/**
 * The state that a version, an entry or a head stands for.
 * @param cid of an earlier state of that record
 * @throws QueryError VersionNotFound
 */
export async function comparedState(
  db: Database,
  uri: string,
  cid: string | undefined,
): Promise<ComparedState> {
  const record = await recordState(db, await withDid(db, uri), cid)
  const kind = record?.uri.split('/')[3]
  const build = BUILDERS.find(([name]) => nsid(name) === kind)?.[1]
  if (record && build) return build(db, record, parseRecord(record.json))
  const state = cid === undefined ? '' : ` in the state ${cid}`
  throw new QueryError(
    'VersionNotFound',
    `'${uri}'${state} is no version, head or entry that is known here, or its owner withdrew it`,
  )
}

type Build = (db: Database, record: RecordState, value: Fields) => Promise<ComparedState>

const BUILDERS: readonly (readonly [string, Build])[] = [
  ['dataset.entry', ofEntry],
  ['dataset.version', ofVersion],
  ['dataset.head', ofHead],
]

async function ofEntry(db: Database, record: RecordState, value: Fields): Promise<ComparedState> {
  const { uri, cid, until } = record
  // Where its data stands now, its main head says, if it has one.
  const head =
    until === undefined
      ? await recordState(db, uri.replace(`/${nsid('dataset.entry')}/`, `/${nsid('dataset.head')}/`))
      : undefined
  const moved = head && parseRecord(head.json)
  const pins =
    moved?.dataset === uri
      ? items(moved.states)
      : items(value.distributions).flatMap(({ id, pin }) => (pin ? [{ distribution: id, pin }] : []))
  return { uri, cid, state: await described(db, record.did, value, pins) }
}

async function ofVersion(db: Database, record: RecordState, value: Fields): Promise<ComparedState> {
  const own = Object.fromEntries(Object.entries(value).filter(([name]) => !VERSION_ONLY.includes(name)))
  const { cid } = (value.entry ?? {}) as { cid?: unknown }
  const { entry, exact } = await entryOf(db, record, value.dataset, cid)
  return {
    uri: record.uri,
    cid: record.cid,
    version: text(value.version),
    exact,
    state: await described(db, record.did, { ...entry, ...own }, items(value.pins)),
  }
}

async function ofHead(db: Database, record: RecordState, value: Fields): Promise<ComparedState> {
  const { entry, exact } = await entryOf(db, record, value.dataset, value.entryCid)
  return {
    uri: record.uri,
    cid: record.cid,
    exact,
    state: await described(db, record.did, entry, items(value.states)),
  }
}

/** The entry in the state meant, or as it is now. Only the owner's own entry counts: a version of others' datasets is none. */
async function entryOf(
  db: Database,
  { did }: RecordState,
  dataset: unknown,
  cid: unknown,
): Promise<{ entry: Fields; exact: boolean }> {
  if (typeof dataset !== 'string' || ownerOf(dataset) !== did) return { entry: {}, exact: false }
  const pinned = typeof cid === 'string' ? await stateAt(db, dataset, cid) : undefined
  const state = pinned ?? (await recordState(db, dataset))
  return { entry: state ? parseRecord(state.json) : {}, exact: pinned !== undefined }
}

async function recordState(
  db: Database,
  uri: string | undefined,
  cid?: string,
): Promise<RecordState | undefined> {
  if (uri === undefined) return undefined
  return cid === undefined ? stateNow(db, uri) : stateAt(db, uri, cid)
}

async function described(
  db: Database,
  did: string,
  { $type: _, models, ...fields }: Fields,
  pins: readonly Fields[],
): Promise<JsonObject> {
  return {
    ...(fields as JsonObject),
    ...(models !== undefined && { models: await wholeModels(db, did, models as Json) }),
    ...(pins.length > 0 && {
      pins: pins.map(({ distribution, pin }) => ({
        ...(distribution !== undefined && { distribution }),
        pin,
      })) as Json,
    }),
  }
}

/** Models that stand in records of their own, in their place; those that are not held stay references. */
async function wholeModels(db: Database, did: string, models: Json): Promise<Json> {
  if (!Array.isArray(models)) return models
  return Promise.all(
    models.map(async (model: Json) => {
      const { uri, cid } = ((model as JsonObject | null)?.ref ?? {}) as { uri?: unknown; cid?: unknown }
      if (typeof uri !== 'string' || typeof cid !== 'string' || ownerOf(uri) !== did) return model
      const held = uri.includes(`/${nsid('dataset.model')}/`) ? await stateAt(db, uri, cid) : undefined
      return (held && (parseRecord(held.json).model as Json | undefined)) ?? model
    }),
  )
}

interface PinnedPlace {
  readonly scheme: string
  readonly value: string
  readonly distribution?: string
  readonly place?: Fields
}

/** Schemes of stores that keep their versions, so that a reader can say what changed between two. */
const COMPARABLE: ReadonlySet<string> = new Set(['icechunk-snapshot', 'iceberg-snapshot'])

/** Distributions whose data stood at two different snapshots of the same store. */
export function comparablePins(from: ComparedState, to: ComparedState) {
  const earlier = pinnedPlaces(from.state)
  return pinnedPlaces(to.state).flatMap(({ scheme, value, distribution, place }) => {
    const before = earlier.find(one => one.scheme === scheme && one.distribution === distribution)
    if (!before || before.value === value) return []
    // Snapshots of two stores have nothing to do with each other.
    if (before.place && place && before.place.uri !== place.uri) return []
    return {
      distribution,
      scheme,
      from: before.value,
      to: value,
      uri: text(place?.uri),
      path: text(place?.path),
      endpoint: text(place?.endpoint),
      region: text(place?.region),
    }
  })
}

function pinnedPlaces({ pins, distributions }: JsonObject): PinnedPlace[] {
  const places = items(distributions)
  return items(pins).flatMap(({ distribution: id, pin }) => {
    const { scheme, value } = (pin ?? {}) as { scheme?: unknown; value?: unknown }
    if (typeof scheme !== 'string' || typeof value !== 'string' || !COMPARABLE.has(scheme)) return []
    const place =
      text(id) === undefined && places.length === 1 ? places[0] : places.find(one => one.id === id)
    return { scheme, value, distribution: text(place?.id) ?? text(id), place }
  })
}
