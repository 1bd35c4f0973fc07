import { resolveIdentity } from '@frost/client/identity'
import { nsid, rkeyOf } from '@frost/lexicon'
import type { EntryView } from './appview.ts'
import type { WebConfig } from './config.ts'

/**
 * Where the proof of a record is had: from its owner's server, which has the newest.
 * @returns undefined where the index is to be asked: that server is gone, its owner cannot be found, or whoever asks wants it so
 */
export async function proofAddress(
  { author, uri }: EntryView,
  { settings }: Pick<WebConfig, 'settings'>,
  fromIndex: boolean,
): Promise<string | undefined> {
  const identity =
    fromIndex || author.archived
      ? undefined
      : await resolveIdentity(author.did, settings).catch(() => undefined)
  if (!identity) return undefined
  const query = new URLSearchParams({
    did: author.did,
    collection: nsid('dataset.entry'),
    rkey: rkeyOf(uri),
  })
  return `${identity.pds}/xrpc/com.atproto.sync.getRecord?${query}`
}
