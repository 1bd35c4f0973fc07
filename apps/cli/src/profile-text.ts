import { fields, styled, table } from './text.ts'

interface Counted {
  readonly citations: number
  readonly derived: number
}

interface Profile {
  readonly did: string
  readonly handle: string
  readonly displayName?: string
  readonly archived?: { readonly since: string; readonly lastHeard?: string }
  readonly record?: { readonly description?: string; readonly homepage?: string }
  readonly counts?: Readonly<Record<string, number>>
  readonly credit: Counted & {
    readonly downstream: number
    readonly disputed?: number
    readonly truncated: boolean
    readonly years: readonly (Counted & { readonly year: number })[]
    readonly datasets: readonly (Counted & {
      readonly uri: string
      readonly title?: string
      readonly downstream: number
    })[]
    readonly by: readonly (Counted & {
      readonly actor: { readonly did: string; readonly handle: string; readonly displayName?: string }
    })[]
  }
}

const lastHeard = ({ lastHeard: time }: { lastHeard?: string }) => (time ? `, last heard ${time}` : '')

/** An account for people: who it is, what it published, and what others made of that. */
export function describeProfile(profile: Profile): string {
  const { did, handle, displayName, archived, record, counts = {}, credit } = profile
  const atLeast = credit.truncated ? 'at least ' : ''
  const facts = fields([
    ['handle', handle],
    ['account', did],
    ['archived', archived && `its host is silent since ${archived.since}${lastHeard(archived)}`],
    ['page', record?.homepage],
    ['about', record?.description],
    ['published', counted(counts, { entries: 'dataset', versions: 'version', collections: 'collection' })],
    ['followers', String(counts.followers ?? 0)],
    ['cited', `${times(credit.citations)}${credit.disputed ? `, ${times(credit.disputed)} disputed` : ''}`],
    [
      'built on',
      `by ${plural(credit.derived, 'dataset')} of others directly, by ${atLeast}${credit.downstream} at any distance`,
    ],
  ])
  const parts = [
    `${styled('bold', displayName ?? handle)}\n\n${facts}`,
    tableOf('by year', ['year', 'citations', 'derived'], credit.years, ({ year, citations, derived }) => [
      String(year),
      String(citations),
      String(derived),
    ]),
    tableOf(
      'by dataset',
      ['citations', 'derived', 'downstream', 'dataset'],
      credit.datasets,
      ({ citations, derived, downstream, title, uri }) => [
        String(citations),
        String(derived),
        String(downstream),
        title ?? uri,
      ],
    ),
    tableOf('by whom', ['citations', 'derived', 'who'], credit.by, ({ actor, citations, derived }) => [
      String(citations),
      String(derived),
      actor.displayName ? `${actor.displayName} (${actor.handle})` : actor.handle,
    ]),
  ]
  return parts.filter(Boolean).join('\n\n')
}

function tableOf<Row>(
  title: string,
  head: readonly string[],
  rows: readonly Row[],
  cells: (row: Row) => readonly string[],
): string {
  if (rows.length === 0) return ''
  return `${styled('bold', title)}\n${table([head, ...rows.map(cells)])}`
}

function counted(counts: Readonly<Record<string, number>>, names: Readonly<Record<string, string>>): string {
  return Object.entries(names)
    .flatMap(([name, word]) => (counts[name] ? [plural(counts[name], word)] : []))
    .join(', ')
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`
const times = (count: number) => (count === 1 ? 'once' : `${count} times`)
