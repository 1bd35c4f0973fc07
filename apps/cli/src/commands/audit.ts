import type { AuditReport, Judged } from '@frost/client/audit/audit'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { wholeNumber } from '../options.ts'
import { styled } from '../text.ts'

interface Options {
  limit?: number
  full?: boolean
}

export function configure(command: Command): void {
  command
    .argument('<url>', 'an AppView')
    .argument('<other>', 'another one')
    .description(
      'Compare two AppViews: by the digests they give of what they hold, then by the records that differ. The repositories say who is right.',
    )
    .option(
      '--limit <number>',
      'most differing records that are judged (1000)',
      wholeNumber('--limit', 1, 1_000_000),
    )
    .option('--full', 'compare every record, also where the digests are the same')
    .addHelpText(
      'after',
      `
Exits with 1 where they differ. A digest is the word of the AppView that gives it, which could copy it from the other: --full compares
record by record instead, which takes as long as there are records. Where the host of an account is away, the newest state of it that its owner signed and one of the two
proves says who is right. A record of the moment may still be on its way to one of the two: both are asked once more.

Examples:
  $ frost audit https://appview.example.org http://127.0.0.1:4181
  $ frost audit https://a.example.org https://b.example.net --json`,
    )
    .action(action<Options>(audit))
}

async function audit(
  { settings, output }: Context,
  { limit, full }: Options,
  url = '',
  other = '',
): Promise<void> {
  const { settingsFromEnv } = await import('@frost/client/settings')
  const { audit: compare } = await import('@frost/client/audit/audit')
  const address = (text: string) => settingsFromEnv({ appview: text }).appviewUrl
  const report = await compare(address(url), address(other), settings, {
    ...(limit && { limit }),
    ...(full && { full }),
    onProgress: text => output.progress(text),
  })
  output.result(report, text)
  if (!report.agree) process.exitCode = 1
}

function text(report: AuditReport): string {
  const { a, b, agree, isFull, records, judged, truncated, differing, unexplained } = report
  const names = { a: a.url, b: b.url }
  if (agree)
    return `${styled('bold', 'They agree')}: ${records} records, ${isFull ? 'each compared' : 'by the digests that they give'}`
  const types = new Set([...differing, ...judged.map(({ uri }) => uri.split('/')[3]!)])
  return [
    ...judged.map(one => line(one, names)),
    `${styled('bold', 'They differ')} in ${judged.length}${truncated ? ' records and more' : ' records'} of ${types.size} types`,
    ...unexplained.map(
      type =>
        `They list the same records of ${type}, but their digests differ: one does not list what it counts, or a write is on its way.`,
    ),
    ...(a.lexiconVersion === b.lexiconVersion
      ? []
      : ['They validate by different versions of the lexicons, which can be the reason.']),
  ].join('\n')
}

const SAID = {
  present: 'has it',
  absent: 'has it not',
  hidden: 'is not active',
  unknown: 'could not be asked',
}

function line({ uri, a, b, repository, right }: Judged, names: { a: string; b: string }): string {
  const state = (cid: string | undefined) => (cid ? `…${cid.slice(-8)}` : 'nothing')
  const verdict =
    right === 'unknown'
      ? `nobody knows: ${repository.reason}`
      : right === 'neither'
        ? 'neither is right'
        : `${names[right]} is right`
  const who = repository.isKept
    ? 'its host is away, the newest state that either proves'
    : repository.isUnproved || repository.kind === 'hidden'
      ? 'its host, without a proof, says that it'
      : 'its repository'
  return `${uri}\n  ${state(a)} against ${state(b)}; ${who} ${SAID[repository.kind]}${repository.cid ? ` as ${state(repository.cid)}` : ''}: ${verdict}`
}
