import { AsyncLocalStorage } from 'node:async_hooks'
import type { Label } from '@frost/sync/labels'
import type { Engine } from '../engine.ts'
import { QueryError } from '../errors.ts'
import { inParts } from '../in-parts.ts'
import type { JsonValue } from '../json-text.ts'
import type { LabelRow } from '../private-tables.ts'
import { boundedKey } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import type { Moderation } from './moderation.ts'

/** By these a labeler in whom the operator trusts takes something out of all answers. */
const TAKING_DOWN = ['!takedown', '!hide']

/** Before the label, as the reason of what it takes down. */
const LABELLED = 'labelled '

/** What labelers say, kept with how far each is read. */
export class Labels {
  readonly #engine: Engine
  readonly #moderation: Moderation

  constructor(engine: Engine, moderation: Moderation) {
    this.#engine = engine
    this.#moderation = moderation
  }

  /** How far a labeler is read; undefined where it never was. */
  async cursor(did: string): Promise<number | undefined> {
    const row = await this.#engine.reader
      .selectFrom('labeler')
      .select('cursor')
      .where('did', '=', did)
      .executeTakeFirst()
    return row?.cursor
  }

  /**
   * Takes in what a labeler said; the cursor comes last, so that what was interrupted is taken in again.
   * @param isTrusted what it takes down is taken down here
   * @param most of a labeler that anybody may have chosen: so many labels are kept of it, of subjects that are known here
   */
  async apply(
    did: string,
    labels: readonly Label[],
    cursor: number,
    isTrusted: boolean,
    most?: number,
  ): Promise<void> {
    const now = new Date().toISOString()
    const own = labels.filter(({ src }) => src === did)
    await this.#engine.write(async tx => {
      const room = most === undefined ? undefined : await Room.of(tx, did, own, most)
      for (const label of own) await holdLabel(tx, label, now, room)
    })
    if (isTrusted) await this.settle(did, own, now)
    await this.#engine.write(tx =>
      tx
        .insertInto('labeler')
        .values({ did, cursor })
        .onConflict(c => c.column('did').doUpdateSet({ cursor }))
        .execute(),
    )
  }

  /** Takes down what a labeler in whom the operator trusts says so of, and shows again of what it no longer does. */
  async settle(did: string, labels: readonly Label[], now = new Date().toISOString()): Promise<void> {
    const settled = labels.filter(({ val }) => TAKING_DOWN.includes(val))
    for (const uri of new Set(settled.map(label => label.uri))) await this.#settle(did, uri, now)
  }

  /** Ends what has run out by now, and what was taken down by it. */
  async expire(now = new Date().toISOString()): Promise<void> {
    const { reader, write } = this.#engine
    const ended = await reader
      .selectFrom('label')
      .select(['src', 'uri'])
      .distinct()
      .where('exp', '<=', now)
      .where('val', 'in', TAKING_DOWN)
      .execute()
    // What was trusted when it took something down may lift it, and no more.
    for (const { src, uri } of ended) await this.#settle(src, uri, now, { mayTakeDown: false })
    await write(tx => tx.deleteFrom('label').where('exp', '<=', now).execute())
  }

  /**
   * Whom the operator trusts may have changed while the AppView was away: what the trusted say is taken down now, and what was taken
   * down by the word of others is shown again.
   */
  async trust(trusted: readonly string[]): Promise<void> {
    const { reader } = this.#engine
    const down = await reader
      .selectFrom('takedown')
      .select(['subject as uri', 'by as src'])
      .where('reason', 'like', `${LABELLED}!%`)
      .execute()
    const said = await inParts(trusted, part =>
      reader
        .selectFrom('label')
        .select(['uri', 'src'])
        .distinct()
        .where('src', 'in', part)
        .where('val', 'in', TAKING_DOWN)
        .execute(),
    )
    const held = new Set(down.map(({ src, uri }) => `${src} ${uri}`))
    const now = new Date().toISOString()
    for (const { src, uri } of down) {
      if (trusted.includes(src)) await this.#settle(src, uri, now)
      else await this.#moderation.restore([uri], src)
    }
    for (const { src, uri } of said) if (!held.has(`${src} ${uri}`)) await this.#settle(src, uri, now)
  }

  /** Nothing that a labeler said is kept, and it is read from its beginning if ever again. */
  async forget(did: string): Promise<void> {
    await this.#engine.write(async tx => {
      await tx.deleteFrom('label').where('src', '=', did).execute()
      await tx.deleteFrom('labeler').where('did', '=', did).execute()
    })
  }

  /** How many labels of each labeler are held. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const { reader } = this.#engine
    const rows = await reader
      .selectFrom('label')
      .select(['src', reader.fn.countAll<number>().as('count')])
      .groupBy('src')
      .execute()
    return new Map(rows.map(({ src, count }) => [src, Number(count)]))
  }

  /** Something is down as long as any label of the labeler says so. */
  async #settle(did: string, uri: string, now: string, { mayTakeDown = true } = {}): Promise<void> {
    const holds = await this.#engine.reader
      .selectFrom('label')
      .select('val')
      .where('uri', '=', boundedKey(uri))
      .where('src', '=', did)
      .where('val', 'in', TAKING_DOWN)
      .where(({ eb, or }) => or([eb('exp', 'is', null), eb('exp', '>', now)]))
      .executeTakeFirst()
    try {
      if (!holds) await this.#moderation.restore([uri], did)
      else if (mayTakeDown) await this.#moderation.takeDown([uri], did, LABELLED + holds.val)
    } catch (error) {
      // What is no subject here is still a label.
      if (!(error instanceof QueryError)) throw error
    }
  }
}

/**
 * Holds what a label says, if it is the newest word of its labeler on the subject and value; one that takes back without naming a
 * state takes back of all.
 */
export async function holdLabel(tx: Database, label: Label, now: string, room?: Room): Promise<void> {
  const { src, cid = '', neg, cts, exp } = label
  const key = { src, uri: boundedKey(label.uri), val: boundedKey(label.val), cid: boundedKey(cid) }
  const isWhole = neg === true && cid === ''
  const held = await tx
    .selectFrom('label')
    .select(['cid', 'cts'])
    .where('uri', '=', key.uri)
    .where('src', '=', src)
    .where('val', '=', key.val)
    .$if(!isWhole, ask => ask.where('cid', '=', key.cid))
    .execute()
  // The newest word holds, in whatever order they come.
  const older = held.filter(one => one.cts <= cts).map(one => one.cid)
  if (older.length > 0)
    await tx
      .deleteFrom('label')
      .where('uri', '=', key.uri)
      .where('src', '=', src)
      .where('val', '=', key.val)
      .where('cid', 'in', older)
      .execute()
  if (neg || older.length < held.length || (exp !== undefined && exp <= now)) return
  if (room && !room.holds(key.uri, held.length > 0)) return
  await tx
    .insertInto('label')
    .values({ ...key, cts, exp: exp ?? null })
    .execute()
}

/** What may still be kept of a labeler. */
class Room {
  readonly #known: ReadonlySet<string>
  #left: number

  private constructor(known: ReadonlySet<string>, left: number) {
    this.#known = known
    this.#left = left
  }

  static async of(tx: Database, did: string, labels: readonly Label[], most: number): Promise<Room> {
    const subjects = [...new Set(labels.map(({ uri }) => boundedKey(uri)))]
    const records = await inParts(subjects, part =>
      tx.selectFrom('record').select('uri as subject').where('uri', 'in', part).execute(),
    )
    const accounts = await inParts(subjects, part =>
      tx.selectFrom('repo').select('did as subject').where('did', 'in', part).execute(),
    )
    const known = new Set([...records, ...accounts].map(({ subject }) => subject))
    if (known.size === 0) return new Room(known, 0)
    const { count } = await tx
      .selectFrom('label')
      .select(tx.fn.countAll<number>().as('count'))
      .where('src', '=', did)
      .executeTakeFirstOrThrow()
    return new Room(known, most - Number(count))
  }

  /** @param again a label that is held already is said anew */
  holds(subject: string, again: boolean): boolean {
    if (again) return true
    if (this.#left <= 0 || !this.#known.has(subject)) return false
    this.#left--
    return true
  }
}

/** Whose labels stand in the views of an answer: those whom the reader asked for, or the operator chose. */
const accepted = new AsyncLocalStorage<readonly string[]>()

/** Makes an answer with the labels of these labelers in its views. */
export function labelledBy<Answer>(labelers: readonly string[], answer: () => Answer): Answer {
  return labelers.length === 0 ? answer() : accepted.run(labelers, answer)
}

/** What the labelers that are asked for say of each subject: records by at-uri, accounts by DID. */
export async function labelsOf(
  db: Database,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, readonly LabelRow[]>> {
  const labels = new Map<string, LabelRow[]>()
  const labelers = accepted.getStore()
  if (!labelers) return labels
  const now = new Date().toISOString()
  const rows = await inParts([...new Set(subjects)], part =>
    db.selectFrom('label').selectAll().where('uri', 'in', part).where('src', 'in', labelers).execute(),
  )
  for (const row of rows) {
    if (row.exp !== null && row.exp <= now) continue
    const list = labels.get(row.uri)
    if (list) list.push(row)
    else labels.set(row.uri, [row])
  }
  return labels
}

/** Labels of a record and of its author, as views hold them; undefined where there are none. */
export function labelViews(
  labels: ReadonlyMap<string, readonly LabelRow[]>,
  { did, uri, cid }: { readonly did: string; readonly uri?: string; readonly cid?: string },
): JsonValue[] | undefined {
  const MOST_LABELS = 100
  const said = [...((uri && labels.get(uri)) || []), ...(labels.get(did) ?? [])]
    // What is said of one state of a record does not hold for another.
    .filter(label => label.cid === '' || label.cid === cid)
    .slice(0, MOST_LABELS)
  if (said.length === 0) return undefined
  return said.map(({ src, uri: about, cid: state, val, cts, exp }) => ({
    src,
    uri: about,
    cid: state === '' ? undefined : state,
    val,
    cts,
    exp: exp ?? undefined,
  }))
}
