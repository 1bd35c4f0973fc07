import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { fields, styled, table } from '../text.ts'

interface Options {
  kind?: string
  replacedBy?: string
  text?: string
  effective?: string
  resolve?: boolean
}

const KINDS = [
  'deprecated',
  'superseded',
  'retracted',
  'withdrawn',
  'moved',
  'outage',
  'erratum',
  'orphaned',
] as const

export function configure(command: Command): void {
  command
    .argument('<ref>', 'dataset or version: handle/slug, handle/slug@TAG, at-uri, DOI')
    .description('Say what users of a dataset or version must know, or show what is said of it.')
    .option('--kind <kind>', KINDS.join(', '))
    .option('--replaced-by <ref>', 'what to use now: REF or REF@TAG')
    .option('--text <text>', 'what to know and to do')
    .option('--effective <time>', 'from when it holds, such as 2025-01-01; at once where left out')
    .option('--resolve', 'it is over: the open notices of that kind, or of any, no longer hold')
    .addHelpText(
      'after',
      `
On your own dataset a notice is shown with it, and a version that is retracted or withdrawn is never the latest. On others'
datasets it is your claim, and shown as that. Saying the same again writes nothing.

Examples:
  $ frost notice cruise-12@v1.0 --kind retracted --text "Salinity was not calibrated" --replaced-by cruise-12@v1.1
  $ frost notice cruise-12 --kind outage --text "The bucket moves, back on Monday"
  $ frost notice cruise-12 --kind outage --resolve
  $ frost notice ada.icehub.test/cruise-12`,
    )
    .action(
      action<Options>(async (context, options, ref = '') => {
        if (options.resolve) return resolve(context, ref, options)
        if (options.kind !== undefined) return write(context, ref, options.kind, options)
        if (Object.keys(options).some(name => name !== 'resolve'))
          throw new UsageError(`--kind is missing: give one of ${KINDS.join(', ')}`)
        await show(context, ref)
      }),
    )
}

async function write(context: Context, ref: string, kind: string, options: Options): Promise<void> {
  if (!(KINDS as readonly string[]).includes(kind))
    throw new UsageError(`--kind is '${kind}': give one of ${KINDS.join(', ')}`)
  const { acting } = await import('../context-lookup.ts')
  const { noticeSubject, writeNotice } = await import('@frost/client/notice')
  const { sourceReference, splitTag } = await import('@frost/client/source-reference')
  const { referenceFrom } = await import('@frost/client/normalise')
  const { session, lookup, repository } = await acting(context)
  const subject = await noticeSubject(ref, lookup)
  const { replacedBy: better, text, effective } = options
  // A version stays what it is; a dataset is meant as whatever it becomes.
  const reference = (to: string) =>
    splitTag(to).tag === undefined ? referenceFrom(to, lookup) : sourceReference(to, lookup)
  const notice = {
    kind,
    ...(text !== undefined && { text }),
    ...(effective !== undefined && { effectiveAt: effective }),
    ...(better !== undefined && { replacedBy: await reference(better) }),
  }
  const written = await writeNotice(repository, subject, notice, context.settings)
  const isClaim = subject.owner !== session.account.did
  if (isClaim) context.output.note(`${subject.id} is not yours: this is your claim, and shown as that`)
  context.output.result({ ...written, subject: subject.id, kind, claim: isClaim }, ({ uri, changed }) =>
    [
      `${changed ? 'Said' : 'Was said already'}: ${styled('bold', subject.id)} is ${kind}`,
      fields([['record', uri]]),
    ].join('\n'),
  )
}

async function resolve(context: Context, ref: string, { kind }: Options): Promise<void> {
  const { acting } = await import('../context-lookup.ts')
  const { noticeSubject, resolveNotice } = await import('@frost/client/notice')
  const { lookup, repository } = await acting(context)
  const subject = await noticeSubject(ref, lookup)
  const resolved = await resolveNotice(repository, subject, kind)
  context.output.result(
    { subject: subject.id, resolved },
    () =>
      `Resolved ${resolved.length === 1 ? 'the notice' : `${resolved.length} notices`} about ${subject.id}`,
  )
}

interface Notice {
  readonly author: { readonly did: string; readonly handle?: string }
  readonly byOwner: boolean
  readonly active: boolean
  readonly record: { readonly kind?: string; readonly text?: string; readonly createdAt?: string }
}

async function show(context: Context, ref: string): Promise<void> {
  const { readingLookupOf } = await import('../context-lookup.ts')
  const { noticeSubject } = await import('@frost/client/notice')
  const { AppView } = await import('@frost/client/appview')
  const { frost } = await import('@frost/lexicon')
  const { id, owner } = await noticeSubject(ref, await readingLookupOf(context))
  if (owner === undefined)
    throw new UsageError(`'${ref}' is no dataset here: give handle/slug or an at-uri to see its notices`)
  const answer = await new AppView(context.settings.appviewUrl).call(frost.dataset.listNotices.main, {
    subject: id as never,
    limit: 100,
  })
  const notices = answer.notices as unknown as Notice[]
  context.output.result(answer, () =>
    notices.length === 0
      ? 'Nothing is said of it'
      : table(
          notices.map(({ record, byOwner, active, author }) => [
            record.kind ?? '',
            (record.createdAt ?? '').slice(0, 10),
            active ? 'holds' : 'resolved',
            byOwner ? 'owner' : `claim of ${author.handle ?? author.did}`,
            record.text ?? '',
          ]),
          ['bold'],
        ),
  )
}
