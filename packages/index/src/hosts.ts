import type { HostState, HostStore } from '@frost/sync'
import type { Engine } from './engine.ts'
import type { HostRow } from './schema.ts'

/** What is remembered of the hosts that accounts live at: which of them are gone for good. */
export class Hosts implements HostStore {
  readonly #engine: Engine
  readonly #listeners = new Set<() => void>()
  /** Whether each is gone, as it was found last. */
  #gone: Map<string, boolean> | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async hosts(): Promise<HostState[]> {
    const rows = await this.#engine.reader
      .selectFrom('repo')
      .leftJoin('host', 'host.host', 'repo.host')
      .select(['repo.host', 'heard_at', 'silent_since', 'is_gone'])
      .distinct()
      .where('repo.host', '!=', '')
      .execute()
    this.#gone = new Map(rows.map(({ host, is_gone }) => [host, is_gone === 1]))
    return rows.map(({ host, heard_at, silent_since, is_gone }) => ({
      host,
      ...(heard_at && { heardAt: heard_at }),
      ...(silent_since && { silentSince: silent_since }),
      isGone: is_gone === 1,
    }))
  }

  /** How many hosts accounts live at, and how many of these are gone for good, as of the last look. */
  async counts(): Promise<{ readonly known: number; readonly gone: number }> {
    if (!this.#gone) await this.hosts()
    const all = [...this.#gone!.values()]
    return { known: all.length, gone: all.filter(isGone => isGone).length }
  }

  async remember(states: readonly HostState[]): Promise<void> {
    if (states.length === 0) return
    const rows = states.map(
      ({ host, heardAt, silentSince, isGone }): HostRow => ({
        host,
        heard_at: heardAt ?? null,
        silent_since: silentSince ?? null,
        is_gone: isGone ? 1 : 0,
      }),
    )
    await this.#engine.write((_, put) => put('host', rows, 'host'))
    for (const { host, isGone } of states) this.#gone?.set(host, isGone)
    for (const listener of this.#listeners) listener()
  }

  /** Calls back whenever hosts were looked at; returns what ends it. */
  onLook(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** Of an account whose host is gone for good. */
export interface Archived {
  /** ISO 8601: since when the host has not answered, and when it was last heard. */
  readonly since: string
  readonly lastHeard?: string
}

/** Reads the columns of `host` beside an account; undefined while its host is there. */
export function archivedOf(row: {
  readonly heard_at: string | null
  readonly silent_since: string | null
  readonly is_gone: number | null
}): Archived | undefined {
  if (row.is_gone !== 1 || !row.silent_since) return undefined
  return { since: row.silent_since, ...(row.heard_at && { lastHeard: row.heard_at }) }
}
