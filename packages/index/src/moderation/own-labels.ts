import type { Label } from '@frost/sync/labels'
import type { Engine } from '../engine.ts'
import { QueryError } from '../errors.ts'
import type { OwnLabelRow } from '../private-tables.ts'
import { boundedKey } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { holdLabel } from './labels.ts'

/** In whose name labels are said, and what signs them. */
export interface LabelSigner {
  readonly did: string
  /** did:key by which its signatures are checked. */
  readonly key: string
  /** Signature over the label's DAG-CBOR, 64 bytes. */
  sign(label: Label): Uint8Array
}

/** A label as it is given to others. */
export interface SaidLabel {
  readonly seq: number
  readonly label: Label
  readonly signature: Uint8Array
}

export type LabelWord = Pick<Label, 'uri' | 'val' | 'cid' | 'neg' | 'exp'>

const ROWS_A_TURN = 500

/**
 * What this AppView says as a labeler: the newest word on each subject, value and state, signed, in the order in which it was said.
 * Its seqs are times in milliseconds, so that a database that is lost and begun anew gives no seq a second time.
 */
export class OwnLabels {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Signs anew what another key has signed, its time unchanged, and says what was said before there was a stream. */
  async begin(signer: LabelSigner): Promise<void> {
    while (await this.#signAnew(signer)) {}
    await this.#engine.write(async tx => {
      if ((await lastOf(tx, signer.did)) > 0) return
      const before = await tx
        .selectFrom('label')
        .selectAll()
        .where('src', '=', signer.did)
        .orderBy('cts')
        .execute()
      let last = await lastOf(tx)
      for (const { src, uri, val, cid, cts, exp } of before)
        last = (await keep(tx, signer, { src, uri, val, cts, ...stateAndEnd(cid, exp) }, last)).seq
    })
  }

  /**
   * Says a label, or takes it back: without a state, of every state of which it was said.
   * @returns what others are to be told
   * @throws QueryError InvalidSubject
   */
  async say(signer: LabelSigner, word: LabelWord): Promise<SaidLabel[]> {
    if (boundedKey(word.uri) !== word.uri)
      throw new QueryError(
        'InvalidSubject',
        `subject '${word.uri.slice(0, 100)}…' is longer than any record's at-uri`,
      )
    return this.#engine.write(async tx => {
      const states = word.neg && word.cid === undefined ? await statesOf(tx, signer.did, word) : [word.cid]
      const all: SaidLabel[] = []
      let last = await lastOf(tx)
      for (const cid of states) {
        const time = Math.max(last + 1, Date.now())
        const label = { src: signer.did, cts: new Date(time).toISOString(), ...word, ...(cid && { cid }) }
        const one = await keep(tx, signer, label, last)
        await holdLabel(tx, label, label.cts)
        all.push(one)
        last = one.seq
      }
      return all
    })
  }

  /** Seq of the last one; 0 where there is none. */
  last(did: string): Promise<number> {
    return lastOf(this.#engine.reader, did)
  }

  /**
   * Labels after a seq, in their order.
   * @param patterns only of these subjects; `*` at the end stands for whatever follows
   */
  async read(
    did: string,
    after: number,
    limit: number,
    patterns: readonly string[] = ['*'],
  ): Promise<SaidLabel[]> {
    const rows = await this.#engine.reader
      .selectFrom('own_label')
      .selectAll()
      .where('src', '=', did)
      .where('seq', '>', after)
      .$if(!patterns.includes('*'), ask =>
        ask.where(({ eb, or, and }) =>
          or(
            patterns.map(pattern => {
              if (!pattern.endsWith('*')) return eb('uri', '=', pattern)
              const start = pattern.slice(0, -1)
              return and([eb('uri', '>=', start), eb('uri', '<', `${start}\u{10ffff}`)])
            }),
          ),
        ),
      )
      .orderBy('seq')
      .limit(limit)
      .execute()
    return rows.map(saidBy)
  }

  /** @returns false once there is nothing more to sign */
  #signAnew({ did, key, sign }: LabelSigner): Promise<boolean> {
    return this.#engine.write(async tx => {
      const rows = await tx
        .selectFrom('own_label')
        .selectAll()
        .where('src', '=', did)
        .where('key', '!=', key)
        .limit(ROWS_A_TURN)
        .execute()
      for (const row of rows)
        await tx
          .updateTable('own_label')
          .set({ sig: sign(saidBy(row).label), key })
          .where('seq', '=', row.seq)
          .execute()
      return rows.length > 0
    })
  }
}

async function lastOf(tx: Database, did?: string): Promise<number> {
  const row = await tx
    .selectFrom('own_label')
    .select('seq')
    .$if(did !== undefined, ask => ask.where('src', '=', did!))
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return Number(row?.seq ?? 0)
}

/** States of which something was said and not taken back; every state where there is none. */
async function statesOf(tx: Database, did: string, { uri, val }: LabelWord): Promise<(string | undefined)[]> {
  const rows = await tx
    .selectFrom('own_label')
    .select('cid')
    .where('uri', '=', uri)
    .where('src', '=', did)
    .where('val', '=', val)
    .where('neg', '=', 0)
    .execute()
  return rows.length === 0 ? [undefined] : rows.map(({ cid }) => cid || undefined)
}

/** Keeps a label in place of the word before it on the same. */
async function keep(tx: Database, signer: LabelSigner, label: Label, last: number): Promise<SaidLabel> {
  const { src, uri, val, cid = '', neg, cts, exp = null } = label
  await tx
    .deleteFrom('own_label')
    .where('uri', '=', uri)
    .where('src', '=', src)
    .where('val', '=', val)
    .where('cid', '=', cid)
    .execute()
  const seq = Math.max(last + 1, Date.parse(cts))
  const sig = signer.sign(label)
  await tx
    .insertInto('own_label')
    .values({ seq, src, uri, val, cid, neg: neg ? 1 : 0, cts, exp, sig, key: signer.key })
    .execute()
  return { seq, label, signature: sig }
}

function saidBy({ seq, src, uri, val, cid, neg, cts, exp, sig }: OwnLabelRow): SaidLabel {
  const label = { src, uri, val, cts, ...(neg === 1 && { neg: true }), ...stateAndEnd(cid, exp) }
  return { seq: Number(seq), label, signature: sig }
}

const stateAndEnd = (cid: string, exp: string | null) => ({
  ...(cid !== '' && { cid }),
  ...(exp !== null && { exp }),
})
