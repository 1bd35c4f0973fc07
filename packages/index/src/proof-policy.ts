import type { Database } from './schema.ts'

/** Whose proofs are kept, for how long, and how much of them. */
export interface ProofPolicy {
  /** DIDs of the accounts; all where left out. */
  readonly accounts?: ReadonlySet<string>
  /** Days after the state was replaced; 0: as long as the record stands. */
  readonly days: number
  /** Of one account; the newest are kept. 0 keeps none. */
  readonly bytes: number
}

export const DEFAULT_PROOFS: ProofPolicy = { days: 0, bytes: 16_000_000 }

const DAY_MILLISECONDS = 86_400_000

/** The time (ISO 8601) since when a state must have stood for its proof to be given. */
export function keptSince({ days }: ProofPolicy): string {
  return days === 0 ? '' : new Date(Date.now() - days * DAY_MILLISECONDS).toISOString()
}

/** Forgets the proofs of an account that the policy does not keep: those of before its time, and the oldest above its size. */
export async function keepWithin(tx: Database, did: string, policy: ProofPolicy): Promise<void> {
  const rows = await tx
    .selectFrom('former_state')
    .select(['uri', 'place', 'until', tx.fn<number>('length', ['proof']).as('bytes')])
    .where('did', '=', did)
    .where('proof', 'is not', null)
    .orderBy('until', 'desc')
    .orderBy('uri')
    .orderBy('place', 'desc')
    .execute()
  let bytes = 0
  const since = keptSince(policy)
  for (const row of rows) {
    bytes += Number(row.bytes)
    if (bytes <= policy.bytes && row.until >= since) continue
    await tx
      .updateTable('former_state')
      .set({ proof: null })
      .where('uri', '=', row.uri)
      .where('place', '=', row.place)
      .execute()
  }
}

/** Forgets the proofs of every account that are older than the policy keeps them. */
export async function forgetOldProofs(tx: Database, policy: ProofPolicy): Promise<void> {
  await tx
    .updateTable('former_state')
    .set({ proof: null })
    .where('proof', 'is not', null)
    .where('until', '<', keptSince(policy))
    .execute()
}
