import type { Database } from '@frost/index/schema'
import { type SnapshotAccount, snapshotAccounts } from '@frost/index/snapshot/accounts'
import { writeBundle } from '@frost/sync/bundle'

/** A file is closed when it has so many bytes of blocks, or so many accounts. */
const FULL = { bytes: 32_000_000, accounts: 5000 }

/** The files of the operators' edition: repositories with what proves them, some dozens of megabytes each. */
export async function* bundleFiles(
  db: Database,
  since?: number,
): AsyncGenerator<{ readonly name: string; readonly bytes: Iterable<Uint8Array> }> {
  let part: SnapshotAccount[] = []
  let bytes = 0
  let count = 0
  const closed = () => {
    const name = `repositories-${String(++count).padStart(4, '0')}.car`
    const bundle = writeBundle(
      part.map(({ did, commit }) => ({ did, ...(commit && { commit }) })),
      part.flatMap(({ blocks }) => blocks),
    )
    part = []
    bytes = 0
    return { name, bytes: [bundle] }
  }
  for await (const account of snapshotAccounts(db, since)) {
    part.push(account)
    for (const [cid, block] of account.blocks) bytes += cid.length + block.length
    if (bytes >= FULL.bytes || part.length >= FULL.accounts) yield closed()
  }
  if (part.length > 0 || count === 0) yield closed()
}
