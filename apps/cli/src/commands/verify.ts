import type { Outcome, Verification, VerifiedCopy } from '@frost/client/verify/verify'
import type { Command } from 'commander'
import { action, type Context, gather } from '../context.ts'
import { wholeNumber } from '../options.ts'
import { clean, styled } from '../text.ts'

interface Options {
  full?: boolean
  samples?: number
  pin?: string
  copy?: string[]
  mirrors?: boolean
  record?: boolean
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'handle/slug, at-uri, DOI or URL')
    .description(
      "Hold the copies of a dataset against each other where they lie: the owner's distributions, and the mirrors that others announce.",
    )
    .option(
      '--full',
      'read the data of every copy, not samples of it, and check the checksums that the record gives',
    )
    .option(
      '--samples <number>',
      'chunks, files or ranges that are looked at in each copy (24)',
      wholeNumber('--samples', 1, 10_000),
    )
    .option(
      '--pin <pin>',
      'state to compare: branch:main, tag:v1 or snapshot:ID, where the stores keep versions',
    )
    .option(
      '--copy <url>',
      'a further copy, such as one you are about to announce (may be repeated)',
      gather(),
    )
    .option(
      '--record',
      'write what came out into the records of those mirrors that the signed-in account announces',
    )
    .option('--no-mirrors', "the owner's own distributions only; no AppView is asked")
    .addHelpText(
      'after',
      `
Without --full little is read: snapshot ids and manifests of Icechunk and Iceberg, the metadata of Zarr, the footer of Parquet, sizes
and ETags, and a few chunks or ranges spread over the data. What agrees so is very likely the same, not certainly.

Each copy is: original, identical, behind (an earlier state, or not all of it yet), ahead, different, incomparable (another format) or
unreachable. Exits with 1 where any is behind, ahead, different or unreachable, or a read failed while two were compared.

Examples:
  $ frost verify farallon.icehub.test/mur-sst
  $ frost verify cruise-12 --copy s3://my-bucket/cruise-12.zarr --json
  $ frost verify cruise-12 --full
  $ frost verify ada.example.org/cruise-12 --record`,
    )
    .action(action<Options>(verify))
}

async function verify(context: Context, options: Options, ref = ''): Promise<void> {
  const { FrostError, UsageError } = await import('@frost/client/errors')
  const { findRecord } = await import('@frost/client/lookup')
  const { nsid } = await import('@frost/lexicon')
  const { AppView } = await import('@frost/client/appview')
  const { mirroredCopies, ownCopies } = await import('@frost/client/verify/copies')
  const { verifyCopies } = await import('@frost/client/verify/verify')
  const { recordVerification } = await import('@frost/client/verify/record-verification')
  const { acting, readingLookupOf } = await import('../context-lookup.ts')
  const { storeAccess } = await import('../store-access.ts')
  const { output, settings } = context
  if (options.record && options.mirrors === false)
    throw new UsageError('--record is about mirrors: leave out --no-mirrors')
  // Whoever is to write must be signed in, before anything is read.
  const repository = options.record ? (await acting(context)).repository : undefined
  const entry = await findRecord(ref, await readingLookupOf(context))
  if (entry.collection !== nsid('dataset.entry'))
    throw new UsageError(`'${ref}' is a ${entry.collection}, not a dataset: give the dataset's handle/slug`)
  const mirrors =
    options.mirrors === false ? [] : await mirroredCopies(new AppView(settings.appviewUrl), entry.uri)
  if (repository && !mirrors.some(({ by }) => by?.did === repository.did))
    throw new FrostError(
      'NoMirror',
      `none of the mirrors of ${entry.uri} that the AppView knows is announced by ${repository.did}: 'frost mirror' announces one`,
    )
  const given = (options.copy ?? []).map(uri => ({ id: uri, kind: 'given' as const, uri }))
  const claims = [...ownCopies(entry.value), ...mirrors, ...given]
  if (claims.length === 0) throw new FrostError('NoCopies', `${entry.uri} says no place where its data lies`)
  const result = await verifyCopies(claims, {
    access: storeAccess(context),
    ...(options.full && { full: true }),
    ...(options.samples !== undefined && { samples: options.samples }),
    ...(options.pin !== undefined && { pin: options.pin }),
    onProgress: text => output.progress(text),
  })
  const recorded = repository && (await recordVerification(repository, result))
  output.result({ uri: entry.uri, ...result, ...(recorded && { recorded }) }, text)
  for (const { uri, result: outcome } of recorded ?? []) output.note(`Recorded '${outcome}' in ${uri}`)
  if (recorded?.length === 0) {
    output.note('frost: nothing is recorded: none of your copies could be compared')
    process.exitCode = 1
  }
  if (result.agrees) return
  output.note(`frost: not all copies agree: ${tallyOf(result)}`)
  process.exitCode = 1
}

const MARKS: Readonly<Record<Outcome, readonly [mark: string, style: 'green' | 'yellow' | 'red' | 'dim']>> = {
  original: ['●', 'green'],
  identical: ['=', 'green'],
  behind: ['<', 'yellow'],
  ahead: ['>', 'yellow'],
  different: ['≠', 'red'],
  incomparable: ['?', 'dim'],
  unreachable: ['×', 'red'],
}

function text(verification: Verification): string {
  const { copies, agrees } = verification
  return [
    ...copies.map(copyText),
    `${styled('bold', agrees ? 'No copy lags or differs' : 'Not all copies agree')}: ${tallyOf(verification)}`,
  ].join('\n')
}

function tallyOf({ copies }: Verification): string {
  const counts = new Map<Outcome, number>()
  for (const { result } of copies) counts.set(result, (counts.get(result) ?? 0) + 1)
  return [...counts].map(([result, count]) => `${count} ${result}`).join(', ')
}

function copyText({ id, uri, result, against, summary, evidence, region }: VerifiedCopy): string {
  const [mark, style] = MARKS[result]
  const verdict = against && result !== 'incomparable' ? `${result} to ${against}` : result
  return [
    `${styled(style, mark)} ${styled('bold', id)} ${styled(style, result === 'behind' && against ? `behind ${against}` : verdict)}${region ? clean(` (${region})`) : ''}`,
    ...(id === uri ? [] : [`  ${clean(uri)}`]),
    `  ${clean(summary)}`,
    ...evidence.map(({ what, agrees, note }) => styled('dim', `    ${agrees ? '=' : '≠'} ${what}: ${note}`)),
  ].join('\n')
}
