import { nsid } from '@frost/lexicon'
import { FrostError } from './errors.ts'
import { type FoundRecord, publicClient } from './lookup.ts'
import { ownerNotices } from './owner-notices.ts'
import { subjectOf } from './publish.ts'
import { listPublic, type StoredRecord } from './repository.ts'

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

/** The version of a label. @throws FrostError `NotFound` that names the labels there are */
export async function versionOf(
  entry: Pick<FoundRecord, 'uri' | 'owner'>,
  tag: string,
): Promise<StoredRecord> {
  const versions = await versionsOf(entry)
  const version = versions.find(({ value }) => value.version === tag)
  if (version) return version
  const tags = versions
    .slice(0, 20)
    .map(({ value }) => value.version)
    .join(', ')
  throw new FrostError(
    'NotFound',
    `${entry.uri} has no version '${tag}'${tags ? `: there are ${tags}` : ': none is released'}`,
  )
}

/** The versions that its owner has not taken back, newest first. */
export async function standingVersionsOf(entry: Pick<FoundRecord, 'uri' | 'owner'>): Promise<StoredRecord[]> {
  const versions = await versionsOf(entry)
  if (versions.length === 0) return []
  const notices = await ownerNotices(entry)
  const isTakenBack = ({ uri }: StoredRecord) =>
    (notices.get(uri) ?? []).some(({ value }) => value.kind === 'retracted' || value.kind === 'withdrawn')
  return versions.filter(version => !isTakenBack(version))
}

/** The newest version that its owner has not taken back. */
export async function latestVersionOf(
  entry: Pick<FoundRecord, 'uri' | 'owner'>,
): Promise<StoredRecord | undefined> {
  return (await standingVersionsOf(entry))[0]
}

export const releaseTime = ({ value }: Pick<StoredRecord, 'value'>): number =>
  Date.parse(String(value.releasedAt ?? '')) || 0

function newestFirst(versions: StoredRecord[]): StoredRecord[] {
  return versions.sort((a, b) => releaseTime(b) - releaseTime(a) || b.rkey.localeCompare(a.rkey))
}
