import type { Database } from '../schema.ts'

/** What is taken down, by DID and at-uri: asked for every record that comes, and so kept in memory. */
export class Takedowns {
  readonly #subjects: Set<string>

  constructor(subjects: Iterable<string> = []) {
    this.#subjects = new Set(subjects)
  }

  static async load(db: Database): Promise<Takedowns> {
    const rows = await db.selectFrom('takedown').select('subject').distinct().execute()
    return new Takedowns(rows.map(({ subject }) => subject))
  }

  has(subject: string): boolean {
    return this.#subjects.has(subject)
  }

  get size(): number {
    return this.#subjects.size
  }

  /** For {@link Moderation} alone, which keeps the table too. */
  set(subject: string, isDown: boolean): void {
    if (isDown) this.#subjects.add(subject)
    else this.#subjects.delete(subject)
  }
}
