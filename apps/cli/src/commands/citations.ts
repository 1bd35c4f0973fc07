import type { CitationView } from '@frost/client/citations'
import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { fields, shortened, styled, terminalWidth } from '../text.ts'
import { limitFrom } from './search.ts'

interface Options {
  add?: string
  relation?: string
  evidence?: string
  note?: string
  remove?: string
  made?: boolean
  limit: string
  cursor?: string
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'handle/slug, at-uri, DOI or URL')
    .description('List who cites a dataset and whose word that is, or say that something cites it.')
    .option('--add <ref>', 'say that this cites it: a DOI, a URL, a dataset')
    .option('--relation <relation>', 'cites (the default), is-derived-from, documents, reviews …')
    .option('--evidence <ref>', 'DOI or URL where that can be seen')
    .option('--note <text>', 'which relation is meant, with --relation other')
    .option('--remove <uri>', 'take back a citation that you have claimed, by its at-uri')
    .option('--made', 'what the dataset cites instead')
    .option('-n, --limit <number>', 'how many', '25')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .addHelpText(
      'after',
      `
Your own dataset says what it was made from and relates to in its own record: frost release, frost edit.

Examples:
  $ frost citations ada.example.org/cruise-12
  $ frost citations ada.example.org/cruise-12 --add 10.5194/essd-2024-1 --relation documents
  $ frost citations 10.24381/cds.adbb2d47 --json`,
    )
    .action(
      action<Options>(async (context, options, ref = '') => {
        const { add, remove, relation, evidence, note } = options
        if (add !== undefined && remove !== undefined)
          throw new UsageError('--add and --remove: give one of them')
        if (add === undefined && (relation ?? evidence ?? note) !== undefined)
          throw new UsageError('--relation, --evidence and --note go with --add: name what cites it')
        if (add !== undefined) return say(context, ref, add, options)
        if (remove !== undefined) return takeBack(context, remove)
        await list(context, ref, options)
      }),
    )
}

async function say(context: Context, ref: string, citing: string, options: Options): Promise<void> {
  const { acting } = await import('../context-lookup.ts')
  const { claimCitation } = await import('@frost/client/citations')
  const { findRecord } = await import('@frost/client/lookup')
  const { relation, evidence, note } = options
  const { lookup, repository } = await acting(context)
  const cited = await findRecord(ref, lookup)
  const { uri, cid, existed } = await claimCitation(
    repository,
    cited,
    {
      citing,
      ...(relation !== undefined && { relation }),
      ...(evidence !== undefined && { evidence }),
      ...(note !== undefined && { note }),
    },
    lookup,
  )
  context.output.result({ uri, cid, citing, cited: cited.uri, relation: relation ?? 'cites', existed }, () =>
    [
      `You ${existed ? 'said' : 'say'} that ${styled('bold', citing)} ${(relation ?? 'cites').replaceAll('-', ' ')} ${styled('bold', ref)}`,
      fields([['record', uri]]),
    ].join('\n'),
  )
}

async function takeBack(context: Context, uri: string): Promise<void> {
  const { acting } = await import('../context-lookup.ts')
  const { retractCitation } = await import('@frost/client/citations')
  const { repository } = await acting(context)
  await retractCitation(repository, uri)
  context.output.result({ deleted: [uri] }, () => `Took back ${styled('bold', uri)}`)
}

async function list(context: Context, ref: string, { made, limit, cursor }: Options): Promise<void> {
  const { AppView } = await import('@frost/client/appview')
  const { citationsOf } = await import('@frost/client/citations')
  const { identifierOf } = await import('../context-lookup.ts')
  const { lexToJson } = await import('@atproto/lex')
  const answer = await citationsOf(
    new AppView(context.settings.appviewUrl),
    await identifierOf(context, ref),
    {
      limit: limitFrom(limit),
      ...(made && { direction: 'made' as const }),
      ...(cursor !== undefined && { cursor }),
    },
  )
  context.output.result(
    lexToJson(answer as never) as unknown as typeof answer,
    ({ citations, cursor: next }) => {
      if (citations.length === 0)
        return made ? 'It is not known to cite anything' : 'Nothing is known to cite it'
      const more = next ? [styled('dim', `more: --cursor ${next}`)] : []
      return [...citations.map(citationLines), ...more].join('\n\n')
    },
  )
}

const ROLES: ReadonlyMap<string, string> = new Map([
  ['downstream-owner', 'owns what cites'],
  ['upstream-owner', 'owns what is cited'],
  ['third-party', 'third party'],
])

function citationLines(view: CitationView): string {
  const { other, relation = 'cites', isInverse, author, assertedBy, acknowledged, pinState, saidAt } = view
  const columns = terminalWidth()
  const name =
    other?.id.startsWith('at://') && other.author
      ? `${other.author.handle}/${other.id.split('/').at(-1)}`
      : (other?.id ?? view.uri)
  const says = `${author.displayName ?? author.handle} (${ROLES.get(assertedBy) ?? assertedBy})`
  const notes = [acknowledged, pinState && pinState !== 'unchanged' ? `pinned state ${pinState}` : undefined]
  return [
    styled('bold', shortened(other?.title ?? name, columns)),
    `  ${relation.replaceAll('-', ' ')}${isInverse ? ', as the cited side says' : ''}   ${styled('cyan', name)}`,
    `  ${styled('dim', `${(saidAt ?? view.indexedAt).slice(0, 10)}  says ${says}`)}${notes
      .filter(Boolean)
      .map(note => `  ${styled('yellow', `[${note}]`)}`)
      .join('')}`,
  ].join('\n')
}
