import { nsid } from '@frost/lexicon'
import { type FoundRecord, publicClient } from './lookup.ts'
import { subjectOf } from './publish.ts'
import { listPublic, type StoredRecord } from './repository.ts'

/** Notices of an account about its own records that are not resolved, by the at-uri they are about. */
export async function ownerNotices({
  owner,
}: Pick<FoundRecord, 'owner'>): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
  const notices = new Map<string, StoredRecord[]>()
  for await (const notice of listPublic(publicClient(owner.pds), owner.did, nsid('dataset.notice'))) {
    const subject = subjectOf(notice.value.subject)
    if (subject === undefined || notice.value.resolvedAt !== undefined) continue
    notices.set(subject, [...(notices.get(subject) ?? []), notice])
  }
  return notices
}
