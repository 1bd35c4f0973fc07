import { UsageError } from '@frost/client/errors'
import { nsid } from '@frost/lexicon'
import type { Command } from 'commander'
import { action, type Context, gather } from '../context.ts'
import { fields, styled, table } from '../text.ts'

interface Options {
  text?: string
  label?: string[]
  unlabel?: string[]
  state?: string
  close?: boolean
  reopen?: boolean
  fixedIn?: string
  reason?: string
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'dataset (handle/slug, or with @tag a version), or at-uri of an issue')
    .argument('[title]', 'the matter in one line')
    .description(
      'Report an issue of a dataset, or settle one. Without title or options the issues of a dataset are listed. The word of the ' +
        "issue's reporter and of the dataset's owner counts.",
    )
    .option('--text <text>', 'what is the matter, Markdown')
    .option('--label <label>', 'label of the issue; may be repeated', gather())
    .option('--unlabel <label>', 'take a label off an issue of yours; may be repeated', gather())
    .option('--close', 'close the issue')
    .option('--reopen', 'open it again')
    .option('--state <state>', 'closed, fixed, wont-fix, duplicate or open; for a list also all')
    .option('--fixed-in <tag>', 'version of the dataset that settles it')
    .option('--reason <text>', 'why')
    .addHelpText(
      'after',
      `
Examples:
  $ frost issue ada.example.org/cruise-12 "Gap in 2014" --label quality --text "From March on all values are missing."
  $ frost issue ada.example.org/cruise-12 --state all
  $ frost issue at://did:plc:…/${nsid('discussion.issue')}/3l… --close --fixed-in v1.1`,
    )
    .action(
      action<Options>(async (context, options, ref = '', title?: string) => {
        const isSettled = options.close || options.reopen || options.fixedIn !== undefined
        if (title !== undefined) return open(context, ref, title, options)
        const isIssue = ref.startsWith('at://') && ref.split('/')[3]?.endsWith('.issue')
        if (isIssue && (options.label || options.unlabel)) return label(context, ref, options)
        if (isIssue && (isSettled || options.state !== undefined)) return settle(context, ref, options)
        if (isSettled || options.label || options.unlabel || options.text !== undefined)
          throw new UsageError(
            isIssue
              ? 'what shall become of the issue? give --close, --reopen, --state or --label'
              : `'${ref}' is no issue: give its at-uri to settle one, or a title to report one`,
          )
        await list(context, ref, options.state)
      }),
    )
}

async function open(context: Context, ref: string, title: string, { text, label }: Options): Promise<void> {
  const { acting } = await import('../context-lookup.ts')
  const { discussed, openIssue } = await import('@frost/client/discussion')
  const { lookup, repository } = await acting(context)
  const on = await discussed(ref, lookup)
  const written = await openIssue(
    repository,
    on,
    { title, ...(text !== undefined && { text }), ...(label && { labels: label }) },
    context.settings,
  )
  context.output.result({ uri: written.uri, cid: written.cid, subject: on.uri }, ({ uri }) =>
    [`Reported ${styled('bold', title)}`, fields([['record', uri]])].join('\n'),
  )
}

async function label(context: Context, ref: string, options: Options): Promise<void> {
  const { acting } = await import('../context-lookup.ts')
  const { labelIssue } = await import('@frost/client/discussion')
  const { findRecord } = await import('@frost/client/lookup')
  const { lookup, repository } = await acting(context)
  const issue = await findRecord(ref, lookup)
  const change = { add: options.label ?? [], remove: options.unlabel ?? [] }
  const { uri, cid } = await labelIssue(repository, issue, change, context.settings)
  context.output.result({ uri, cid }, () => `Labelled ${styled('bold', ref)}`)
}

async function settle(context: Context, ref: string, options: Options): Promise<void> {
  const { acting } = await import('../context-lookup.ts')
  const { discussed, ISSUE_STATES, setIssueState } = await import('@frost/client/discussion')
  const { findRecord } = await import('@frost/client/lookup')
  const { versionOf } = await import('@frost/client/versions')
  const { reopen, fixedIn, reason } = options
  const state = options.state ?? (reopen ? 'open' : fixedIn === undefined ? 'closed' : 'fixed')
  if (!(ISSUE_STATES as readonly string[]).includes(state))
    throw new UsageError(`--state is '${state}': give one of ${ISSUE_STATES.join(', ')}`)
  const { lookup, repository } = await acting(context)
  const issue = await discussed(ref, lookup)
  const fix =
    fixedIn === undefined
      ? undefined
      : await versionOf(await findRecord(String(issue.value.subject), lookup), fixedIn)
  const written = await setIssueState(
    repository,
    issue,
    { state, ...(reason !== undefined && { reason }), ...(fix && { fixedIn: fix }) },
    context.settings,
  )
  context.output.result(
    { ...written, issue: issue.uri, state },
    () => `The issue is ${styled('bold', state)}`,
  )
}

async function list(context: Context, ref: string, state: string | undefined): Promise<void> {
  const { readingLookupOf } = await import('../context-lookup.ts')
  const { AppView } = await import('@frost/client/appview')
  const { findRecord } = await import('@frost/client/lookup')
  const { frost } = await import('@frost/lexicon')
  const { lexToJson } = await import('@atproto/lex')
  const { uri } = await findRecord(ref, await readingLookupOf(context))
  const answer = await new AppView(context.settings.appviewUrl).call(frost.discussion.listIssues.main, {
    subject: uri as never,
    limit: 100,
    ...(state !== undefined && { state }),
  })
  const json = lexToJson(answer as never) as unknown as { issues: IssueView[] }
  context.output.result(json, ({ issues }) =>
    issues.length === 0
      ? 'No issues'
      : table(
          issues.map(({ state: now, issue: { record, author, uri: at, replyCount = 0 } }) => [
            now,
            record.title,
            `${author.handle} ${record.createdAt.slice(0, 10)}`,
            replyCount === 0 ? '' : `${replyCount} comments`,
            at,
          ]),
          ['bold'],
        ),
  )
}

interface IssueView {
  readonly state: string
  readonly issue: {
    readonly uri: string
    readonly replyCount?: number
    readonly author: { readonly handle: string }
    readonly record: { readonly title: string; readonly createdAt: string }
  }
}
