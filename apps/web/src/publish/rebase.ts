import type { EntryForm } from './form.ts'

/** A form on top of what somebody else has written meanwhile. */
export interface Rebased {
  readonly form: EntryForm
  /** Fields that both have changed, with what the other says; the form holds one's own. */
  readonly conflicts: ReadonlyMap<string, string>
}

/** Parts of one fact, which change together. */
const TOGETHER: readonly (readonly (keyof EntryForm)[])[] = [
  ['west', 'south', 'east', 'north'],
  ['from', 'until', 'ongoing'],
  ['publisher', 'publisherId'],
]

/**
 * Takes a form over from the state that it was filled from to the one that stands now: what only the other has changed is theirs, what
 * only this form has changed is its own.
 */
export function rebased(mine: EntryForm, before: EntryForm, now: EntryForm): Rebased {
  const form: Record<string, unknown> = { ...mine }
  const conflicts = new Map<string, string>()
  const grouped = new Set(TOGETHER.flat())
  const alone = (Object.keys(mine) as (keyof EntryForm)[])
    .filter(name => !grouped.has(name))
    .map(name => [name])
  for (const names of [...TOGETHER, ...alone]) {
    const said = (of: EntryForm) => JSON.stringify(names.map(name => of[name]))
    if (said(mine) === said(now) || said(now) === said(before)) continue
    if (said(mine) === said(before)) for (const name of names) form[name] = now[name]
    else {
      conflicts.set(names[0]!, names.map(name => inWords(now[name])).join(' '))
      for (const name of names) form[name] = relinked(mine[name], before[name], now[name])
    }
  }
  return { form: form as unknown as EntryForm, conflicts }
}

type Value = EntryForm[keyof EntryForm]
type Row = { readonly of: string }

/** Rows say which item of the record they came from: here the item of the new state that is the same, else the one in its place. */
function relinked(mine: Value, before: Value, now: Value): Value {
  if (typeof mine === 'string') return mine
  const text = (row: Row | undefined) => JSON.stringify({ ...row, of: '' })
  const rows = now as readonly Row[]
  return (mine as readonly Row[]).map(row => {
    if (row.of === '') return row
    const former = (before as readonly Row[])[Number(row.of)]
    const at = rows.findIndex(one => text(one) === text(former))
    return { ...row, of: at >= 0 ? String(at) : Number(row.of) < rows.length ? row.of : '' }
  }) as unknown as Value
}

function inWords(value: Value): string {
  if (typeof value === 'string') return value
  return value
    .map(row =>
      Object.entries(row)
        .flatMap(([name, text]) => (name === 'of' || !text ? [] : [text]))
        .join(' '),
    )
    .join('; ')
}
