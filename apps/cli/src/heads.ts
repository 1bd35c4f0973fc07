import { AppView } from '@frost/client/appview'
import { frost } from '@frost/lexicon'
import type { Context } from './context.ts'

export interface Head {
  readonly uri: string
  readonly cid: string
  readonly branch?: string
  readonly moves?: number
  readonly record: HeadRecord
  readonly history?: readonly {
    readonly record: HeadRecord
    readonly since: string
    readonly until?: string
  }[]
}

interface HeadRecord {
  readonly updatedAt?: string
  readonly sequence?: number
  readonly states?: readonly { readonly pin?: { readonly scheme?: string; readonly value?: string } }[]
  readonly changes?: { readonly summary?: string }
}

/**
 * Where the heads of a dataset stand, as the AppView knows.
 * @param history So many earlier states of each are read too.
 */
export async function headsOf(context: Context, entry: string, history = 0): Promise<Head[]> {
  const appview = new AppView(context.settings.appviewUrl)
  const { heads } = await appview.call(frost.dataset.listHeads.main, { entry: entry as never, limit: 100 })
  return Promise.all(
    (heads as unknown as Head[]).map(async head => {
      if (history === 0) return head
      const { states } = await appview.call(frost.dataset.listHeadStates.main, {
        head: head.uri as never,
        limit: Math.min(100, history + 1),
      })
      return { ...head, history: states as unknown as NonNullable<Head['history']> }
    }),
  )
}

/** Rows of a table: the branch, since when, where it stands, what changed. */
export function headRows(heads: readonly Head[]): string[][] {
  return heads.flatMap(({ branch = 'main', record, history, moves = 0 }) => [
    [branch, timeOf(record.updatedAt), pinsOf(record), note(record, moves)],
    ...(history ?? [])
      .slice(1)
      .map(earlier => ['', timeOf(earlier.record.updatedAt), pinsOf(earlier.record), note(earlier.record)]),
  ])
}

const timeOf = (time = '') => time.slice(0, 16).replace('T', ' ')

const pinsOf = ({ states = [] }: HeadRecord) =>
  states.map(({ pin }) => `${pin?.scheme}:${pin?.value}`).join(' ')

const note = ({ changes }: HeadRecord, moves = 0) =>
  [changes?.summary, moves > 0 ? `(${moves} earlier)` : ''].filter(Boolean).join(' ')
