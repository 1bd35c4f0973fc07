import type { Database, Tables } from './schema.ts'

/** A database that holds the truth. Engines differ only in what stands here. */
export interface Engine {
  readonly kind: 'sqlite' | 'postgres'
  /** For reading; never inside a write. */
  readonly reader: Database
  /**
   * Runs one transaction that writes; there is one at a time, in the order of the calls, so that seqs follow the order in
   * which effects become visible.
   */
  write<Result>(run: (tx: Database, put: Put) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/**
 * Writes rows of one table inside the transaction, as many as there are, by one statement that is prepared once: a builder
 * would put one together, and the database read it, anew for every number of rows.
 * @param key a row with the same value in this column is replaced; without, there must be none
 */
export type Put = <Name extends keyof Tables>(
  table: Name,
  rows: readonly Tables[Name][],
  key?: keyof Tables[Name] & string,
) => Promise<void>

/** `ON CONFLICT` clause that replaces all columns but the key. */
export function replacing(columns: readonly string[], key: string | undefined): string {
  if (key === undefined) return ''
  const others = columns.filter(column => column !== key)
  return ` on conflict (${key}) do update set ${others.map(column => `${column} = excluded.${column}`).join(', ')}`
}

/** Runs jobs one after another, in the order in which they were given. */
export function inOrder(): <Result>(job: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return job => {
    const next = last.then(job, job)
    last = next.catch(() => {})
    return next
  }
}
