import type { Engine, Put } from '../engine.ts'
import { QueryError } from '../errors.ts'
import { type Admission, applyAccount, logRecord } from '../event-store.ts'
import type { ReportRow, TakedownRow } from '../private-tables.ts'
import type { Database } from '../schema.ts'
import type { UpdateLog } from '../update-log.ts'
import { WriteSession } from '../write-session.ts'

/** Reports of one account in a day. */
export const MOST_REPORTS = 100
const DAY_MILLISECONDS = 86_400_000

/** What the operator of this AppView decides: what is taken out of all answers, and what people reported. */
export class Moderation {
  readonly #engine: Engine
  readonly #updates: UpdateLog
  readonly #admission: Admission
  readonly #listeners = new Set<() => void>()

  constructor(engine: Engine, updates: UpdateLog, admission: Admission) {
    this.#engine = engine
    this.#updates = updates
    this.#admission = admission
  }

  isTakenDown(subject: string): boolean {
    return this.#admission.takedowns.has(subject)
  }

  get takedownCount(): number {
    return this.#admission.takedowns.size
  }

  /** Calls back whenever something that is held here was taken down; returns what ends it. */
  onTakenDown(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Takes accounts and records out of every list, count, search and update, those that come later included.
   * @returns how many were not taken down before
   * @throws QueryError InvalidSubject
   */
  async takeDown(subjects: readonly string[], by: string, reason?: string): Promise<number> {
    for (const subject of subjects) checkSubject(subject)
    const wanted = [...new Set(subjects)]
    const created_at = new Date().toISOString()
    return this.#change(true, async tx => {
      for (const subject of wanted)
        await tx
          .insertInto('takedown')
          .values({ subject, reason: reason ?? null, by, created_at })
          .onConflict(c => c.columns(['subject', 'by']).doNothing())
          .execute()
      return wanted.filter(subject => !this.isTakenDown(subject))
    })
  }

  /**
   * Shows again what was taken down, once nobody else wants it down.
   * @param by takes back their word alone; without, everybody's
   * @returns how many are shown again
   */
  async restore(subjects: readonly string[], by?: string): Promise<number> {
    for (const subject of subjects) checkSubject(subject)
    const wanted = [...new Set(subjects)].filter(subject => this.isTakenDown(subject))
    if (wanted.length === 0) return 0
    return this.#change(false, async tx => {
      const lifted: string[] = []
      for (const subject of wanted) {
        const words = tx.deleteFrom('takedown').where('subject', '=', subject)
        await words.$if(by !== undefined, ask => ask.where('by', '=', by!)).execute()
        const left = await tx
          .selectFrom('takedown')
          .select('by')
          .where('subject', '=', subject)
          .executeTakeFirst()
        if (!left && this.isTakenDown(subject)) lifted.push(subject)
      }
      return lifted
    })
  }

  /** One page of takedowns, newest first. */
  async takedowns(limit: number, before?: readonly [string, string]): Promise<TakedownRow[]> {
    return this.#engine.reader
      .selectFrom('takedown')
      .selectAll()
      .$if(before !== undefined, ask =>
        ask.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'subject'), '<', tuple(before![0], before![1])),
        ),
      )
      .orderBy('created_at', 'desc')
      .orderBy('subject', 'desc')
      .limit(limit)
      .execute()
  }

  /** When something that is held here was last taken down, of what still is. */
  async lastTakenDown(): Promise<string | undefined> {
    const last = await this.#engine.reader
      .selectFrom('takedown')
      .select('created_at')
      .where(({ exists, or, selectFrom }) =>
        or([
          exists(selectFrom('record').select('uri').whereRef('uri', '=', 'takedown.subject')),
          exists(selectFrom('repo').select('did').whereRef('did', '=', 'takedown.subject')),
        ]),
      )
      .orderBy('created_at', 'desc')
      .limit(1)
      .executeTakeFirst()
    return last?.created_at
  }

  /** @throws QueryError InvalidSubject, TooManyReports */
  async report(
    report: Pick<ReportRow, 'subject' | 'cid' | 'reason_type' | 'reason' | 'reporter'>,
  ): Promise<ReportRow> {
    checkSubject(report.subject)
    const now = Date.now()
    return this.#engine.write(async tx => {
      const { count } = await tx
        .selectFrom('report')
        .select(tx.fn.countAll<number>().as('count'))
        .where('reporter', '=', report.reporter)
        .where('created_at', '>', new Date(now - DAY_MILLISECONDS).toISOString())
        .executeTakeFirstOrThrow()
      if (Number(count) >= MOST_REPORTS)
        throw new QueryError('TooManyReports', `${MOST_REPORTS} reports a day are taken: go on tomorrow`)
      const last = await tx
        .selectFrom('report')
        .select('id')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      const row: ReportRow = {
        ...report,
        id: Number(last?.id ?? 0) + 1,
        created_at: new Date(now).toISOString(),
        resolved_at: null,
        resolved_by: null,
        note: null,
      }
      await tx.insertInto('report').values(row).execute()
      return row
    })
  }

  /** One page of reports, oldest first. */
  async reports(state: string, limit: number, after = 0): Promise<ReportRow[]> {
    return this.#engine.reader
      .selectFrom('report')
      .selectAll()
      .where('id', '>', after)
      .$if(state === 'open', ask => ask.where('resolved_at', 'is', null))
      .$if(state === 'resolved', ask => ask.where('resolved_at', 'is not', null))
      .orderBy('id')
      .limit(limit)
      .execute()
  }

  /** @throws QueryError ReportNotFound */
  async resolve(id: number, by: string, note?: string): Promise<void> {
    const change = { resolved_at: new Date().toISOString(), resolved_by: by, note: note ?? null }
    const { numUpdatedRows } = await this.#engine.write(tx =>
      tx.updateTable('report').set(change).where('id', '=', id).executeTakeFirst(),
    )
    if (Number(numUpdatedRows) === 0) throw new QueryError('ReportNotFound', `there is no report ${id}`)
  }

  /**
   * Changes what is down, and what of it is shown, in one transaction.
   * @param write answers the subjects for which that makes a difference
   */
  async #change(isDown: boolean, write: (tx: Database) => Promise<readonly string[]>): Promise<number> {
    const { takedowns } = this.#admission
    let changed: readonly string[] = []
    let isHeld = false
    try {
      await this.#engine.write(async (tx, put) => {
        changed = await write(tx)
        // Inside, so that a batch of sync sees all of it or nothing.
        for (const subject of changed) takedowns.set(subject, isDown)
        isHeld = changed.length > 0 && (await this.#show(tx, put, changed))
      })
    } catch (error) {
      for (const subject of changed) takedowns.set(subject, !isDown)
      throw error
    }
    if (changed.length === 0) return 0
    this.#updates.appended()
    if (isDown && isHeld) for (const listener of this.#listeners) listener()
    return changed.length
  }

  /** @returns whether anything of it is held here */
  async #show(tx: Database, put: Put, subjects: readonly string[]): Promise<boolean> {
    let isHeld = false
    const session = new WriteSession(tx, put)
    const time = new Date().toISOString()
    const records = subjects.filter(subject => subject.startsWith('at://'))
    await session.load(records)
    for (const uri of records) {
      const before = session.get(uri)
      if (!before) continue
      isHeld = true
      const isActive = await this.#isActive(tx, before.did)
      const visible = before.valid && isActive && !this.isTakenDown(uri) ? 1 : 0
      if (visible === before.visible) continue
      const after = { ...before, visible }
      session.put(after)
      logRecord(session, 'create', time, before, after)
    }
    for (const did of subjects.filter(subject => subject.startsWith('did:'))) {
      const row = await tx
        .selectFrom('repo')
        .select(['active', 'state'])
        .where('did', '=', did)
        .executeTakeFirst()
      if (!row) continue
      isHeld = true
      const { active } = JSON.parse(row.state) as { active: boolean }
      const standing = { isActive: () => row.active === 1, set: () => {} }
      await applyAccount(session, { type: 'account', did, active, time }, standing, this.#admission)
      const shown = active && !this.isTakenDown(did) ? 1 : 0
      await tx.updateTable('repo').set({ active: shown }).where('did', '=', did).execute()
    }
    await session.flush()
    return isHeld
  }

  async #isActive(tx: Database, did: string): Promise<boolean> {
    const row = await tx.selectFrom('repo').select('active').where('did', '=', did).executeTakeFirst()
    return row?.active === 1 && !this.isTakenDown(did)
  }
}

/** @throws QueryError InvalidSubject */
export function checkSubject(subject: string): void {
  if (/^did:[a-z]+:[\w.:%-]{1,2000}$/.test(subject)) return
  if (/^at:\/\/did:[a-z]+:[\w.:%-]{1,2000}\/[\w.-]{1,320}\/[\w.~:-]{1,512}$/.test(subject)) return
  throw new QueryError(
    'InvalidSubject',
    `subject '${subject.slice(0, 100)}' is neither a DID nor an at-uri of a record with a DID in it`,
  )
}
