import { shortened, styled, terminalWidth } from './text.ts'

/** Something that happened, as the feed and the notifications tell it. */
export interface News {
  readonly uri: string
  readonly author: { readonly did: string; readonly handle: string; readonly displayName?: string }
  readonly indexedAt: string
  readonly sortAt?: string
  readonly record?: Readonly<Record<string, unknown>>
  readonly entry?: { readonly uri: string; readonly record: { readonly title?: unknown } }
  readonly dataset?: { readonly uri: string; readonly title: string }
}

const DEEDS: Readonly<Record<string, string>> = {
  entry: 'published',
  version: 'released a version of',
  head: 'moved the head of',
  notice: 'gave notice about',
  mirror: 'announced a mirror of',
  offer: 'offers',
  collection: 'made a collection',
  collectionItem: 'put into a collection',
  citation: 'cited',
  derived: 'made from your data',
  comment: 'commented on',
  issue: 'reported an issue with',
  correction: 'proposed a correction of',
  endorsement: 'endorsed',
  follow: 'follows you',
  mention: 'mentioned you in',
  'issue-state': 'closed an issue of',
  'correction-state': 'adopted a correction of',
  acknowledgement: 'spoke about what you say of',
}

/** What a word about an issue, a correction or a claim says, where it says another thing than the usual. */
const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'issue-state open': 'reopened an issue of',
    'correction-state accepted': 'accepted a correction of',
    'correction-state disputed': 'declined a correction of',
    'correction-state withdrawn': 'withdrew a correction of',
    'acknowledgement accepted': 'confirmed what you say of',
    'acknowledgement disputed': 'disputes what you say of',
  }),
)

/** Two lines: who did what and when, and what they said. */
export function newsLines(
  deed: string,
  { author, record, entry, dataset, indexedAt, sortAt = indexedAt, uri }: News,
): string {
  const title = dataset?.title ?? (typeof entry?.record.title === 'string' ? entry.record.title : undefined)
  const word = WORDS.get(`${deed} ${record?.state ?? record?.status}`)
  const said = ['version', 'title', 'text', 'rationale', 'reason', 'note']
    .flatMap(field => (typeof record?.[field] === 'string' ? [record[field]] : []))
    .join(': ')
  const columns = terminalWidth()
  const what = title ?? (deed === 'follow' ? '' : uri)
  return [
    `${styled('dim', sortAt.slice(0, 16).replace('T', ' '))}  ${author.displayName ?? author.handle} ${word ?? DEEDS[deed] ?? deed} ${styled('bold', shortened(what, columns))}`,
    ...(said ? [`  ${shortened(said, columns - 2)}`] : []),
    `  ${styled('cyan', dataset?.uri ?? entry?.uri ?? uri)}`,
  ].join('\n')
}
