import type { LexMap, TypedLexMap } from '@atproto/lex'
import { hashRkey, nsid } from '@frost/lexicon'
import { UsageError } from './errors.ts'
import { formatOfLocation } from './formats.ts'
import type { FoundRecord } from './lookup.ts'
import { normalised, type Published } from './publish.ts'
import type { Repository } from './repository.ts'
import type { Settings } from './settings.ts'
import { checked } from './validation.ts'

export interface MirrorFields {
  readonly url: string
  readonly format?: string
  readonly cloud?: string
  readonly region?: string
  readonly method?: string
}

/**
 * Announces that a copy of `subject` is at a place. Announcing it twice changes the one record, or nothing; what else stands in it (what
 * it holds, how it was verified) stays.
 */
export async function announceMirror(
  repository: Repository,
  subject: Pick<FoundRecord, 'uri'>,
  { url, format, cloud, region, method }: MirrorFields,
  settings: Settings,
): Promise<Published & { existed: boolean }> {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) {
    throw new UsageError(
      `'${url}' is no address: write where the copy is with its scheme, such as s3://bucket/data.zarr`,
    )
  }
  const rkey = hashRkey(subject.uri, url)
  const existing = await repository.get(nsid('dataset.mirror'), rkey)
  const known = existing?.value.distribution as LexMap | undefined
  const distribution = {
    ...(known?.format === undefined && formatOfLocation(url)),
    ...known,
    id: known?.id ?? 'data',
    uri: url,
    role: known?.role ?? 'replica',
    ...(format ? { format } : {}),
    ...(cloud ? { cloud } : {}),
    ...(region ? { region } : {}),
  }
  const record: TypedLexMap = {
    ...existing?.value,
    $type: nsid('dataset.mirror'),
    subject: subject.uri,
    distribution,
    createdAt: existing?.value.createdAt ?? new Date().toISOString(),
    ...(method ? { method } : {}),
  }
  const { record: valid, warnings } = checked(await normalised(record, settings))
  if (existing && JSON.stringify(sorted(existing.value)) === JSON.stringify(sorted(valid))) {
    return { uri: existing.uri, cid: existing.cid, rkey, warnings, existed: true }
  }
  return { ...(await repository.put(valid, rkey, existing?.cid ?? null)), rkey, warnings, existed: false }
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}
