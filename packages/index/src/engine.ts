import type { Database } from './schema.ts'

/** A database that holds the truth. Engines differ only in what stands here. */
export interface Engine {
  readonly kind: 'sqlite' | 'postgres'
  /** For reading; never inside a write. */
  readonly reader: Database
  /**
   * Runs one transaction that writes; there is one at a time, in the order of the calls, so that seqs follow the order in
   * which effects become visible.
   */
  write<Result>(run: (tx: Database) => Promise<Result>): Promise<Result>
  close(): Promise<void>
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
