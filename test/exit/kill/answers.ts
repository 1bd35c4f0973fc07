/** Everything that an AppView says of accounts and datasets, in a form in which two of them, or one at two times, can be compared. */
import { askXrpc, XrpcAnswer } from '../../stand.ts'

const ASSERTERS = ['downstream-owner', 'upstream-owner', 'third-party']

/** What may differ between AppViews with different histories, and over a move: names lent by a host, places in logs, marks. */
const VARIABLE = new Set([
  'handle',
  'indexedAt',
  'seq',
  'cursor',
  'score',
  'edited',
  'archived',
  'labels',
  'repoRev',
])
/** Whether a deletion was seen is a matter of history. */
const UNSEEN = new Map([
  ['deleted', 'unavailable'],
  ['gone', 'unavailable'],
])

export interface Asked {
  readonly dids: readonly string[]
  /** At-uris of entries. */
  readonly entries: readonly string[]
  /** Words that are searched for. */
  readonly words: readonly string[]
}

/** By question, the answer as text. */
export async function everything(
  url: string,
  { dids, entries, words }: Asked,
): Promise<ReadonlyMap<string, string>> {
  const questions: [name: string, params: Record<string, string | readonly string[]>][] = []
  for (const actor of dids)
    questions.push(
      ['actor.getProfile', { actor }],
      ['dataset.listEntries', { actor, limit: '100' }],
      ['graph.listFollows', { actor, limit: '100' }],
      ['graph.listFollowers', { subject: actor, limit: '100' }],
    )
  for (const uri of entries)
    questions.push(
      ['dataset.getEntry', { uri }],
      ['dataset.listVersions', { entry: uri, limit: '100' }],
      ['dataset.listMirrors', { entry: uri, limit: '100' }],
      ['graph.getLineage', { id: uri, direction: 'both' }],
      ['graph.getImpact', { id: uri }],
      ['graph.listFollowers', { subject: uri, limit: '100' }],
      ['graph.listCitations', { subject: uri, assertedBy: ASSERTERS, limit: '100' }],
      ['discussion.getThread', { uri, limit: '100' }],
      ['discussion.listIssues', { subject: uri, limit: '100' }],
      ['discussion.listEndorsements', { subject: uri, limit: '100' }],
    )
  for (const q of words) questions.push(['dataset.searchEntries', { q, limit: '100' }])
  const said = new Map<string, string>()
  for (const [name, params] of questions)
    said.set(`${name} ${JSON.stringify(params)}`, JSON.stringify(await answerOf(url, name, params)))
  return said
}

async function answerOf(url: string, name: string, params: Record<string, string | readonly string[]>) {
  try {
    return comparable(await askXrpc<unknown>(url, name, params))
  } catch (error) {
    if (error instanceof XrpcAnswer) return { error: error.error }
    throw error
  }
}

/** Without what is variable; what lists hold in an order of its own. */
function comparable(value: unknown): unknown {
  if (typeof value === 'string') return UNSEEN.get(value) ?? value
  if (Array.isArray(value))
    return value.map(comparable).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !VARIABLE.has(name))
      .map(([name, field]) => [name, comparable(field)])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  )
}

/** The questions that are answered otherwise, with both answers, at most a few. */
export function differing(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
  most = 5,
): string[] {
  return [...one]
    .filter(([question, answer]) => other.get(question) !== answer)
    .slice(0, most)
    .map(([question, answer]) => `${question}\n  ${answer}\n  ${other.get(question)}`)
}
