import type { LexMap, TypedLexMap } from '@atproto/lex'
import { nsid, versionRkey } from '@frost/lexicon'
import { FrostError, UsageError } from './errors.ts'
import type { FoundRecord } from './lookup.ts'
import { type PinnedDistribution, pinFrom, pinRecords, pinText, pinWarning } from './pins.ts'
import { normalised, type Published } from './publish.ts'
import type { Repository, StoredRecord } from './repository.ts'
import type { Settings } from './settings.ts'
import {
  type BranchTip,
  branchTip,
  type Distribution,
  distributionsOf,
  SNAPSHOT_SCHEMES,
  type StoreAccess,
  versionedDistribution,
} from './store.ts'
import { checked } from './validation.ts'
import { releaseTime, versionsOf } from './versions.ts'

export { versionsOf } from './versions.ts'

/** What is said of a new version. */
export interface ReleaseFields {
  readonly version: string
  /** Snapshot id of an Icechunk or Iceberg distribution. */
  readonly snapshot?: string
  /** Branch whose newest snapshot is frozen, as the store itself says it. */
  readonly fromBranch?: string
  /** id of the distribution that is pinned; the first that fits where left out. */
  readonly distribution?: string
  /** `scheme:value`, such as `digest:sha256:…` or `git-commit:…`. */
  readonly pins?: readonly string[]
  readonly releasedAt?: string
  readonly summary?: string
  readonly kind?: string
  readonly line?: string
  readonly doi?: string
  /** Label of the version before; the newest of the line before this one where left out. */
  readonly previous?: string
  /** Normalised references. */
  readonly derivedFrom?: readonly LexMap[]
  /** Corrections and issues that it settles: strongRefs. */
  readonly corrects?: readonly LexMap[]
  /** How it was made, as `#process` of the shared definitions. */
  readonly processes?: readonly LexMap[]
}

export interface Released extends Published {
  readonly existed: boolean
  readonly pins: readonly PinnedDistribution[]
}

/** Reads the newest snapshot of a branch of a store, for `fromBranch`. */
export type TipReader = (distribution: Distribution, branch: string) => Promise<BranchTip>

/**
 * Releases a version of an entry. Repeating a release (same tag, same pins) writes nothing and answers `existed: true`.
 * @param access How stores are read, for `fromBranch`, or who reads them.
 * @throws FrostError `VersionExists` where the tag stands for another state already: versions never change.
 */
export async function releaseVersion(
  repository: Repository,
  entry: FoundRecord,
  fields: ReleaseFields,
  settings: Settings,
  access: StoreAccess | TipReader = { allowLoopback: false },
): Promise<Released> {
  const pins = await pinsOf(entry.value, fields, access)
  const existing = await versionsOf(entry)
  const same = existing.find(({ value }) => value.version === fields.version)
  if (same) {
    if (pinText(same.value.pins) === pinText(pins))
      return { uri: same.uri, cid: same.cid, rkey: same.rkey, warnings: [], existed: true, pins }
    throw new FrostError(
      'VersionExists',
      `version '${fields.version}' pins ${pinText(same.value.pins) || 'another state'} already: versions never change, choose another --tag`,
    )
  }
  const releasedAt = timeOf(fields.releasedAt)
  const record = await normalised<TypedLexMap>(
    versionRecord(entry, fields, pins, releasedAt, previousOf(existing, fields, releasedAt)),
    settings,
  )
  const { record: valid, warnings } = checked(record)
  const rkey = versionRkey({ dataset: entry.uri, pin: pinText(pins) || fields.version, releasedAt })
  const written = await putOnce(repository, valid, rkey, releasedAt)
  const weak = pinWarning(pins)
  return { ...written, rkey, warnings: [...warnings, ...(weak ? [weak] : [])], existed: false, pins }
}

async function putOnce(repository: Repository, record: TypedLexMap, rkey: string, releasedAt: string) {
  try {
    return await repository.put(record, rkey, null)
  } catch (error) {
    if (error instanceof FrostError && error.code === 'RecordChanged')
      throw new FrostError(
        'VersionExists',
        `a version of ${releasedAt} with the same key was released already: give another --date`,
        { cause: error },
      )
    throw error
  }
}

function versionRecord(
  entry: FoundRecord,
  fields: ReleaseFields,
  pins: readonly PinnedDistribution[],
  releasedAt: string,
  previous: StoredRecord | undefined,
): TypedLexMap {
  const { summary, kind, doi, derivedFrom, corrects, processes } = fields
  return {
    $type: nsid('dataset.version'),
    dataset: entry.uri,
    version: fields.version,
    releasedAt,
    entry: { uri: entry.uri, cid: entry.cid },
    ...(fields.line ? { line: fields.line } : {}),
    ...(previous ? { previous: { uri: previous.uri, cid: previous.cid } } : {}),
    ...(pins.length > 0 ? { pins: pinRecords(pins) } : {}),
    ...(summary || kind ? { changes: { ...(summary ? { summary } : {}), ...(kind ? { kind } : {}) } } : {}),
    ...(doi ? { identifiers: [{ scheme: 'doi', value: doi, covers: 'version' }] } : {}),
    ...(corrects && corrects.length > 0 ? { corrects: [...corrects] } : {}),
    ...(derivedFrom ? { derivedFrom: derivedFrom.map(ref => ({ ref, role: 'source' })) } : {}),
    ...(processes && processes.length > 0 ? { processes: [...processes] } : {}),
  }
}

/** The version named, else the newest of the same line that was released before. */
function previousOf(
  existing: readonly StoredRecord[],
  { previous, line }: ReleaseFields,
  releasedAt: string,
): StoredRecord | undefined {
  if (previous === undefined)
    return existing.find(
      version => (version.value.line ?? undefined) === line && releaseTime(version) <= Date.parse(releasedAt),
    )
  const found = existing.find(({ value, uri }) => value.version === previous || uri === previous)
  if (found) return found
  const tags = existing.slice(0, 20).map(({ value }) => value.version)
  throw new UsageError(`--previous is '${previous}': there are ${tags.join(', ') || 'no versions'}`)
}

async function pinsOf(
  entry: LexMap,
  { snapshot, fromBranch, distribution: id, pins = [], doi }: ReleaseFields,
  access: StoreAccess | TipReader,
): Promise<PinnedDistribution[]> {
  if (snapshot !== undefined && fromBranch !== undefined)
    throw new UsageError('--snapshot and --from-branch both say which snapshot it is: give one of them')
  const pinned: PinnedDistribution[] = []
  if (snapshot !== undefined) {
    const distribution = versionedDistribution(entry, id)
    pinned.push({
      distribution: distribution.id,
      pin: { scheme: SNAPSHOT_SCHEMES.get(String(distribution.format))!, value: snapshot },
    })
  }
  if (fromBranch !== undefined) {
    const distribution = versionedDistribution(entry, id)
    const { pin, upTo } = await (typeof access === 'function'
      ? access(distribution, fromBranch)
      : branchTip(distribution, fromBranch, access))
    pinned.push({ distribution: distribution.id, pin, ...(upTo && { upTo }) })
  }
  const other = distributionsOf(entry).find(one => id === undefined || one.id === id)
  for (const text of pins) pinned.push({ distribution: other?.id, pin: pinFrom(text) })
  if (pinned.length === 0 && doi) pinned.push({ distribution: other?.id, pin: pinFrom(`doi:${doi}`) })
  return pinned
}

function timeOf(text: string | undefined): string {
  if (text === undefined) return new Date().toISOString()
  const spelled = /^\d{4}(-\d{2}(-\d{2})?)?$/.test(text)
    ? new Date(text)
    : new Date(/(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : 'no zone')
  if (Number.isFinite(spelled.getTime())) return spelled.toISOString()
  throw new UsageError(`--date is '${text}': write it as 2024-05-06 or 2024-05-06T07:08:09Z`)
}
