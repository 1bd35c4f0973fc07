import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { type Head, headRows, headsOf } from '../heads.ts'
import { wholeNumber } from '../options.ts'
import { table } from '../text.ts'

interface Options {
  history?: number
}

interface Version {
  readonly uri: string
  readonly cid: string
  readonly record: Record<string, unknown>
  /** What the AppView knows besides: absent where it is away or does not know the version. */
  readonly latest?: boolean
  readonly edited?: boolean
  readonly notices?: readonly { readonly kind: string; readonly text?: string }[]
  readonly adopts?: readonly { readonly uri: string }[]
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'handle/slug, at-uri, DOI or URL')
    .description('List the versions of a dataset, newest first, and where its heads stand.')
    .option(
      '--history <n>',
      'earlier states of each head too, at most so many',
      wholeNumber('--history', 1, 99),
    )
    .addHelpText(
      'after',
      `
The versions are read from the owner's own repository. Which is the latest, which was edited, taken back or superseded,
and where heads stood before, the AppView adds.

Examples:
  $ frost versions ada.example.org/cruise-12
  $ frost versions noaa.icebucket.test/sst-hourly --history 20 --json`,
    )
    .action(
      action<Options>(async (context, { history }, ref = '') => {
        const { readingLookupOf } = await import('../context-lookup.ts')
        const { findRecord } = await import('@frost/client/lookup')
        const { versionsOf } = await import('@frost/client/versions')
        const { lexToJson } = await import('@atproto/lex')
        const entry = await findRecord(ref, await readingLookupOf(context))
        const [versions, known, heads] = await Promise.all([
          versionsOf(entry),
          knownVersions(context, entry.uri),
          knownHeads(context, entry.uri, history ?? 0),
        ])
        const listed = versions.map(({ uri, cid, value }): Version => {
          const { latest, edited, notices, adopts } = known?.get(uri) ?? {}
          return {
            uri,
            cid,
            record: lexToJson(value) as Record<string, unknown>,
            ...(latest && { latest }),
            ...(edited && { edited }),
            ...(notices && { notices }),
            ...(adopts && { adopts }),
          }
        })
        context.output.result({ dataset: entry.uri, versions: listed, heads }, () => textOf(listed, heads))
      }),
    )
}

/** The AppView's word; undefined where there is none, since versions can be listed without it. */
async function knownVersions(
  context: Context,
  entry: string,
): Promise<ReadonlyMap<string, Version> | undefined> {
  const { AppView } = await import('@frost/client/appview')
  const { describeError } = await import('@frost/client/describe-error')
  const appview = new AppView(context.settings.appviewUrl)
  const known = new Map<string, Version>()
  try {
    let cursor: string | undefined
    do {
      const page = await appview.listVersions({
        entry: entry as never,
        limit: 100,
        ...(cursor && { cursor }),
      })
      for (const version of page.versions as unknown as Version[]) known.set(version.uri, version)
      cursor = page.cursor
    } while (cursor)
    return known
  } catch (error) {
    context.output.note(`Notices and heads are not shown: ${describeError(error)}`)
    return undefined
  }
}

async function knownHeads(context: Context, entry: string, history: number): Promise<Head[]> {
  return headsOf(context, entry, history).catch(() => [])
}

function textOf(versions: readonly Version[], heads: readonly Head[]): string {
  const listed = versions.length === 0 ? 'No version has been released' : table(versions.map(rowOf), ['bold'])
  return heads.length === 0 ? listed : `${listed}\n\n${table(headRows(heads), ['bold'])}`
}

function rowOf({ record, latest, edited, notices = [], adopts = [] }: Version): string[] {
  const marks = [
    latest ? 'latest' : '',
    ...notices.map(({ kind }) => kind),
    edited ? 'edited' : '',
    adopts.length > 0 ? `settles ${adopts.length}` : '',
  ].filter(Boolean)
  const { summary = '' } = (record.changes ?? {}) as { summary?: string }
  return [
    String(record.version),
    String(record.releasedAt).slice(0, 10),
    pinsText(record.pins),
    marks.join(', '),
    [summary, ...notices.flatMap(({ text }) => text ?? [])].filter(Boolean).join(' — '),
  ]
}

function pinsText(pins: unknown): string {
  if (!Array.isArray(pins)) return ''
  return pins
    .map(
      (pinned: { pin?: { scheme?: string; value?: string } }) => `${pinned.pin?.scheme}:${pinned.pin?.value}`,
    )
    .join(' ')
}
