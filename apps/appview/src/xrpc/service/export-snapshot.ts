import { frost } from '@frost/lexicon'
import { EDITIONS, type Edition, LIFETIME, type Snapshot } from '../../snapshots/snapshots.ts'
import { invalidRequest, XrpcError } from '../errors.ts'
import { method } from '../method.ts'

/** Milliseconds for which a call waits until the snapshot is made. */
const PATIENCE = 20_000

export const exportSnapshot = method(
  frost.service.exportSnapshot,
  async ({ params: { edition = 'parquet', since } }, { snapshots, origin }) => {
    if (!isEdition(edition))
      throw invalidRequest(`edition is '${edition}': ask for one of ${EDITIONS.join(', ')}`)
    if (!snapshots) throw new XrpcError(400, 'SnapshotUnavailable', 'none is made here')
    const { id, seq, since: from, madeAt, files } = await soon(snapshots.give(edition, since))
    return {
      seq,
      ...(from !== undefined && { since: from }),
      edition,
      expiresAt: new Date(madeAt + LIFETIME).toISOString(),
      files: files.map(({ name, size, sha256 }) => ({
        name,
        url: `${origin}/snapshots/${id}/${name}`,
        size: String(size),
        digest: { algorithm: 'sha-256', value: sha256 },
      })),
    }
  },
  // What an owner withdrew is in no edition; but repositories as they were signed are handed to operators alone.
  { operator: params => params.edition === 'car' },
)

const isEdition = (text: string): text is Edition => (EDITIONS as readonly string[]).includes(text)

async function soon(snapshot: Promise<Snapshot>): Promise<Snapshot> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new XrpcError(503, 'SnapshotUnavailable', 'it is being made: ask again', { 'Retry-After': '10' }),
        ),
      PATIENCE,
    )
  })
  try {
    return await Promise.race([snapshot, late])
  } finally {
    clearTimeout(timer)
  }
}
