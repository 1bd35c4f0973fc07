import type { LexMap, TypedLexMap } from '@atproto/lex'
import { nsid, versionRkey } from '@frost/lexicon'
import { FrostError, UsageError } from './errors.ts'
import { type FoundRecord, publicClient } from './lookup.ts'
import { normalised, type Published, subjectOf } from './publish.ts'
import { listPublic, type Repository, type StoredRecord } from './repository.ts'
import type { Settings } from './settings.ts'
import { checked } from './validation.ts'

/** What is said of a new version. */
export interface ReleaseFields {
  readonly version: string
  /** Snapshot id of an Icechunk or Iceberg distribution. */
  readonly snapshot?: string
  /** `scheme:value`, such as `digest:sha256:…` or `git-commit:…`. */
  readonly pins?: readonly string[]
  readonly releasedAt?: string
  readonly summary?: string
  readonly kind?: string
  readonly line?: string
  readonly doi?: string
  /** Normalised references. */
  readonly derivedFrom?: readonly LexMap[]
}

interface Pin {
  readonly scheme: string
  readonly value: string
}

const SNAPSHOT_SCHEMES: Record<string, string> = {
  icechunk: 'icechunk-snapshot',
  iceberg: 'iceberg-snapshot',
}

/** A dataset's versions as its owner's repository holds them, newest first. */
export async function versionsOf(entry: Pick<FoundRecord, 'uri' | 'owner'>): Promise<StoredRecord[]> {
  const versions: StoredRecord[] = []
  for await (const version of listPublic(
    publicClient(entry.owner.pds),
    entry.owner.did,
    nsid('dataset.version'),
  )) {
    if (subjectOf(version.value.dataset) === entry.uri) versions.push(version)
  }
  return newestFirst(versions)
}

/**
 * Releases a version of an entry. Repeating a release (same tag, same pins) writes nothing and answers `existed: true`.
 * @throws FrostError `VersionExists` where the tag stands for another state already: versions never change.
 */
export async function releaseVersion(
  repository: Repository,
  entry: FoundRecord,
  fields: ReleaseFields,
  settings: Settings,
): Promise<Published & { existed: boolean }> {
  const pins = pinsOf(entry.value, fields)
  const existing = await versionsOf(entry)
  const same = existing.find(({ value }) => value.version === fields.version)
  if (same) {
    if (pinText(same.value.pins) === pinText(pins)) {
      return { uri: same.uri, cid: same.cid, rkey: same.rkey, warnings: [], existed: true }
    }
    throw new FrostError(
      'VersionExists',
      `version '${fields.version}' pins ${pinText(same.value.pins) || 'another state'} already: versions never change, choose another --tag`,
    )
  }
  const releasedAt = timeOf(fields.releasedAt)
  const previous = existing.find(({ value }) => (value.line ?? undefined) === fields.line)
  const record = await normalised<TypedLexMap>(
    {
      $type: nsid('dataset.version'),
      dataset: entry.uri,
      version: fields.version,
      releasedAt,
      entry: { uri: entry.uri, cid: entry.cid },
      ...(fields.line ? { line: fields.line } : {}),
      ...(previous ? { previous: { uri: previous.uri, cid: previous.cid } } : {}),
      ...(pins.length > 0 ? { pins } : {}),
      ...(fields.summary || fields.kind
        ? {
            changes: {
              ...(fields.summary ? { summary: fields.summary } : {}),
              ...(fields.kind ? { kind: fields.kind } : {}),
            },
          }
        : {}),
      ...(fields.doi ? { identifiers: [{ scheme: 'doi', value: fields.doi, covers: 'version' }] } : {}),
      ...(fields.derivedFrom
        ? { derivedFrom: fields.derivedFrom.map(ref => ({ ref, role: 'source' })) }
        : {}),
    },
    settings,
  )
  const { record: valid, warnings } = checked(record)
  const rkey = versionRkey({ dataset: entry.uri, pin: pinText(pins) || fields.version, releasedAt })
  const written = await repository.put(valid, rkey, null)
  const unpinned =
    pins.length === 0
      ? ['this version pins nothing, so nobody can check what it was: give --snapshot or --pin']
      : []
  return { ...written, rkey, warnings: [...warnings, ...unpinned], existed: false }
}

function pinsOf(entry: TypedLexMap, { snapshot, pins = [], doi }: ReleaseFields): LexMap[] {
  const distributions = (Array.isArray(entry.distributions) ? entry.distributions : []) as LexMap[]
  const pinned: { distribution?: LexMap; pin: Pin }[] = []
  if (snapshot !== undefined) {
    const distribution = distributions.find(({ format }) => SNAPSHOT_SCHEMES[String(format)] !== undefined)
    if (!distribution) {
      throw new UsageError(
        `--snapshot is '${snapshot}', but no distribution is in Icechunk or Iceberg: use --pin scheme:value, such as --pin etag:…`,
      )
    }
    pinned.push({
      distribution,
      pin: { scheme: SNAPSHOT_SCHEMES[String(distribution.format)]!, value: snapshot },
    })
  }
  for (const text of pins) pinned.push({ distribution: distributions[0], pin: pinFrom(text) })
  if (pinned.length === 0 && doi)
    pinned.push({ distribution: distributions[0], pin: { scheme: 'doi', value: doi } })
  return pinned.map(({ distribution, pin }) => ({
    ...(typeof distribution?.id === 'string' ? { distribution: distribution.id } : {}),
    pin: { ...pin },
  }))
}

function pinFrom(text: string): Pin {
  const colon = text.indexOf(':')
  const [scheme, value] = [text.slice(0, colon), text.slice(colon + 1)]
  if (colon > 0 && value !== '') return { scheme, value }
  throw new UsageError(
    `--pin is '${text}': write it as scheme:value, such as git-commit:4f2a9c1 or digest:sha256:…`,
  )
}

/** Pins in one line, as they are compared and shown. */
function pinText(pins: unknown): string {
  if (!Array.isArray(pins)) return ''
  return (pins as { pin?: Partial<Pin> }[])
    .map(({ pin }) => `${pin?.scheme}:${pin?.value}`)
    .sort()
    .join(' ')
}

function timeOf(text: string | undefined): string {
  if (text === undefined) return new Date().toISOString()
  const spelled = /^\d{4}(-\d{2}(-\d{2})?)?$/.test(text)
    ? new Date(text)
    : new Date(/(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : 'no zone')
  if (Number.isFinite(spelled.getTime())) return spelled.toISOString()
  throw new UsageError(`--date is '${text}': write it as 2024-05-06 or 2024-05-06T07:08:09Z`)
}

function newestFirst(versions: StoredRecord[]): StoredRecord[] {
  const time = ({ value }: StoredRecord) => String(value.releasedAt ?? '')
  return versions.sort((a, b) => time(b).localeCompare(time(a)) || b.rkey.localeCompare(a.rkey))
}
