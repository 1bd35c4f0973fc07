import type { JsonValue } from '@atproto/lex-json'
import { AccountBook } from './account-book.ts'
import type { Network } from './network.ts'
import { recordCid, storedRecords, writeRecords } from './publish.ts'

const SCHEMA = 'com.atproto.lexicon.schema'
const LABEL = 'lexicons'

/** A lexicon document; its `id` is its NSID. */
export interface LexiconDocument {
  readonly id: string
}

/**
 * Publishes lexicons as `com.atproto.lexicon.schema` records (the record key is the NSID) in an account made for them on
 * the first PDS, and makes every PDS of the network resolve lexicons from there: no DNS names an authority here. A second
 * run writes only what has changed.
 */
export async function publishLexicons(
  network: Network,
  documents: readonly LexiconDocument[],
): Promise<{ readonly did: string; readonly handle: string; readonly written: number }> {
  const book = await AccountBook.open(network)
  const account = await book.ensure(LABEL, network.pds().name)
  const records = await Promise.all(
    documents.map(async document => {
      const value = { ...document, $type: SCHEMA } as unknown as JsonValue
      return { collection: SCHEMA, rkey: document.id, value, cid: await recordCid(value) }
    }),
  )
  const written = await writeRecords(account, records, await storedRecords(account, [SCHEMA]))
  if (network.lexiconAuthority !== account.did) await network.setLexiconAuthority(account.did)
  return { did: account.did, handle: account.handle, written }
}
