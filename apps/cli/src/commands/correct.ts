import { UsageError } from '@frost/client/errors'
import { nsid } from '@frost/lexicon'
import type { Command } from 'commander'
import { withAssignment, without } from '../assignments.ts'
import { action, type Context, gather } from '../context.ts'
import { clean, fields, styled, table } from '../text.ts'
import { addEntryOptions, type EntryOptions, fieldsFrom } from './entry-options.ts'

interface Options extends EntryOptions {
  because?: string
  set?: string[]
  unset?: string[]
  fork?: string
  pin?: string
  accept?: boolean
  decline?: boolean
  withdraw?: boolean
  note?: string
  anyway?: boolean
  dryRun?: boolean
}

export function configure(command: Command): void {
  command
    .argument('<ref>', "dataset of anybody's, or at-uri of a correction")
    .description(
      'Propose a correction of a dataset, or settle one. Without options the corrections of a dataset are listed. Accepting one ' +
        'changes your record as it proposes and says so, in one commit.',
    )
    .option('--because <text>', 'what is wrong, and why this mends it')
    .option('--set <field=json>', 'set a field of the record to a JSON value; may be repeated', gather())
    .option('--unset <field>', 'remove a field; may be repeated', gather())
    .option('--fork <url>', 'where corrected data lies')
    .option('--pin <scheme:value>', 'state of the corrected data, such as icechunk-snapshot:…')
    .option('--accept', 'make the change in your record')
    .option('--decline', 'say that the change will not be made')
    .option('--withdraw', 'take back what you proposed')
    .option('--note <text>', 'why')
    .option('--anyway', 'accept although the record has changed since')
    .option('--dry-run', 'show the change, write nothing')
  addEntryOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ frost correct ada.example.org/cruise-12 --title "CTD casts of cruise 13" --because "The cruise number is wrong."
  $ frost correct ada.example.org/cruise-12
  $ frost correct at://did:plc:…/${nsid('discussion.correction')}/3l… --accept --note "Thank you"`,
    )
    .action(
      action<Options>(async (context, options, ref = '') => {
        const { accept, decline, withdraw } = options
        if ([accept, decline, withdraw].filter(Boolean).length > 1)
          throw new UsageError('give one of --accept, --decline and --withdraw')
        if (accept) return acceptIt(context, ref, options)
        if (decline || withdraw) return settle(context, ref, withdraw ? 'withdrawn' : 'disputed', options)
        if (Object.keys(options).length === 0) return list(context, ref)
        await propose(context, ref, options)
      }),
    )
}

async function propose(context: Context, ref: string, options: Options): Promise<void> {
  const { because, set, unset, fork, pin, dryRun, note: _, anyway: __, ...described } = options
  if (because === undefined)
    throw new UsageError('--because is missing: say what is wrong, and why this mends it')
  const { acting } = await import('../context-lookup.ts')
  const { changeOf, proposeCorrection, proposeFork } = await import('@frost/client/correction')
  const { withFields } = await import('@frost/client/entry-fields')
  const { discussed } = await import('@frost/client/discussion')
  const { lookup, repository } = await acting(context)
  const target = await discussed(ref, lookup)
  if (fork !== undefined) {
    const written = await proposeFork(repository, target, await forkOf(fork, pin), because)
    return told(context, ref, target.uri, written)
  }
  let after = withFields(target.value, await fieldsFrom(described, lookup))
  for (const field of unset ?? []) after = without(after, field)
  for (const assignment of set ?? []) after = await withAssignment(after, assignment)
  const patch = await changeOf(target, after, context.settings)
  if (dryRun)
    return context.output.result({ target: target.uri, patch }, () =>
      patch.map(({ op, path, valueJson = '' }) => clean(`${op.padEnd(8)}${path}  ${valueJson}`)).join('\n'),
    )
  told(context, ref, target.uri, await proposeCorrection(repository, target, patch, because))
}

function told(
  { output }: Context,
  ref: string,
  target: string,
  { uri, cid }: { readonly uri: string; readonly cid: string },
): void {
  output.result({ uri, cid, target }, () =>
    [`Proposed a correction of ${styled('bold', ref)}`, fields([['record', uri]])].join('\n'),
  )
}

async function forkOf(uri: string, pin: string | undefined) {
  const { formatOfLocation } = await import('@frost/client/formats')
  const [, scheme, value] = /^([a-z-]+):(.+)$/.exec(pin ?? '') ?? []
  if (pin !== undefined && !scheme)
    throw new UsageError(`--pin is '${pin}': write it as scheme:value, such as icechunk-snapshot:…`)
  return {
    id: 'data',
    uri,
    ...formatOfLocation(uri),
    ...(scheme && value && { pin: { scheme, value } }),
  }
}

async function acceptIt(context: Context, ref: string, { note, anyway, dryRun }: Options): Promise<void> {
  const { acting } = await import('../context-lookup.ts')
  const { acceptCorrection, corrected, findCorrection } = await import('@frost/client/correction')
  const { findRecord } = await import('@frost/client/lookup')
  const { lexToJson } = await import('@atproto/lex')
  const { lookup, repository } = await acting(context)
  const correction = await findCorrection(ref, lookup)
  const choice = { ...(note !== undefined && { note }), ...(anyway && { anyway }) }
  if (dryRun) {
    const { uri } = correction.value.target as { uri: string }
    const record = corrected(await findRecord(uri, lookup), correction, choice)
    const shown = { uri, correction: correction.uri, record: lexToJson(record) }
    return context.output.result(shown, () => clean(JSON.stringify(shown.record, null, 2)))
  }
  const { uri, rev, record } = await acceptCorrection(repository, correction, choice)
  context.output.result({ uri, rev, correction: correction.uri, record: lexToJson(record) }, () =>
    [`Accepted: ${styled('bold', uri)} says so now`, fields([['correction', correction.uri]])].join('\n'),
  )
}

async function settle(
  context: Context,
  ref: string,
  status: 'disputed' | 'withdrawn',
  { note }: Options,
): Promise<void> {
  const { acting } = await import('../context-lookup.ts')
  const { findCorrection, settleCorrection } = await import('@frost/client/correction')
  const { lookup, repository } = await acting(context)
  const correction = await findCorrection(ref, lookup)
  const { uri, cid } = await settleCorrection(repository, correction, status, note)
  context.output.result({ uri, cid, correction: correction.uri, status }, () =>
    status === 'withdrawn' ? 'Your proposal is withdrawn' : 'The correction is declined',
  )
}

async function list(context: Context, ref: string): Promise<void> {
  const { readingLookupOf } = await import('../context-lookup.ts')
  const { AppView } = await import('@frost/client/appview')
  const { findRecord } = await import('@frost/client/lookup')
  const { frost } = await import('@frost/lexicon')
  const { lexToJson } = await import('@atproto/lex')
  const { uri } = await findRecord(ref, await readingLookupOf(context))
  const appview = new AppView(context.settings.appviewUrl)
  const answer = await appview.call(frost.discussion.listCorrections.main, {
    subject: uri as never,
    limit: 100,
  })
  const json = lexToJson(answer as never) as unknown as { corrections: CorrectionView[] }
  context.output.result(json, ({ corrections }) =>
    corrections.length === 0
      ? 'No corrections were proposed'
      : table(
          corrections.map(({ state, correction: { record, author, uri: at } }) => [
            state,
            record.rationale.slice(0, 60),
            (record.patch ?? []).flatMap(({ op, path }) => (op === 'test' ? [] : path)).join(' ') || 'data',
            author.handle,
            at,
          ]),
          ['bold'],
        ),
  )
}

interface CorrectionView {
  readonly state: string
  readonly correction: {
    readonly uri: string
    readonly author: { readonly handle: string }
    readonly record: {
      readonly rationale: string
      readonly patch?: readonly { readonly op: string; readonly path: string }[]
    }
  }
}
