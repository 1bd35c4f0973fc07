import { among } from './among.ts'
import { inParts } from './in-parts.ts'
import type { ReadRecord } from './record-text.ts'
import type { Database, RecordRow } from './schema.ts'

/** Accounts whose records are counted in memory. */
const MOST_ACCOUNTS = 20_000

/**
 * How many records of one account are kept: who floods fills no disk. What comes beyond is noted by its CID, so that its repository
 * still adds up, and nothing of what it says.
 */
export class RecordQuota {
  readonly #most: number
  /** Records held, by account; what is not here is counted when it is needed. */
  readonly #held = new Map<string, number>()

  /** @param most 0 for no limit */
  constructor(most: number) {
    this.#most = most
  }

  /** Counts what accounts have, before something is admitted. */
  async load(tx: Database, dids: readonly string[]): Promise<void> {
    if (this.#most === 0) return
    const unknown = [...new Set(dids)].filter(did => !this.#held.has(did))
    if (unknown.length === 0) return
    if (this.#held.size + unknown.length > MOST_ACCOUNTS) this.#held.clear()
    const wanted = [...new Set(dids)].filter(did => !this.#held.has(did))
    for (const did of wanted) this.#held.set(did, 0)
    const rows = await inParts(wanted, part =>
      tx
        .selectFrom('record')
        .select(['did', tx.fn.countAll<number>().as('count')])
        .where(among(tx, 'did', part))
        .groupBy('did')
        .execute(),
    )
    for (const { did, count } of rows) this.#held.set(did, Number(count))
  }

  /** Counts a record that comes; where it is one too many, what is kept in its place. */
  admit(did: string, before: RecordRow | undefined): ReadRecord | undefined {
    if (this.#most === 0) return undefined
    const held = this.#held.get(did) ?? 0
    if (!before) this.#held.set(did, held + 1)
    else if (before.json !== NOTHING) return undefined
    if (held + (before ? 0 : 1) <= this.#most) return undefined
    return {
      json: NOTHING,
      fields: {},
      issues: [`the account has more than ${this.#most} records: what came later is not kept here`],
    }
  }

  removed(did: string): void {
    const held = this.#held.get(did)
    if (held !== undefined) this.#held.set(did, held - 1)
  }

  /** Counts anew when it is needed. */
  forget(did?: string): void {
    if (did === undefined) this.#held.clear()
    else this.#held.delete(did)
  }
}

const NOTHING = 'null'
