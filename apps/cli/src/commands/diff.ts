import { UsageError } from '@frost/client/errors'
import type { FoundRecord } from '@frost/client/lookup'
import type { StoreDiff } from '@frost/reader'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { changesText, storeDiffText } from '../diff-text.ts'

interface Options {
  data?: boolean
}

/** What the AppView says of two states. */
export interface StateDiff {
  readonly from: { readonly uri: string; readonly version?: string; readonly exact?: boolean }
  readonly to: { readonly uri: string; readonly version?: string; readonly exact?: boolean }
  readonly changes: readonly FieldChange[]
  readonly pins?: readonly ComparablePins[]
  readonly truncated?: boolean
}

export interface FieldChange {
  readonly path: string
  readonly kind: string
  readonly beforeJson?: string
  readonly afterJson?: string
}

interface ComparablePins {
  readonly distribution?: string
  readonly scheme: string
  readonly from: string
  readonly to: string
  readonly uri?: string
  readonly path?: string
  readonly endpoint?: string
  readonly region?: string
}

/** What changed in one store between two snapshots, or why that could not be read. */
export interface DataDiff extends ComparablePins {
  readonly diff?: StoreDiff
  readonly error?: string
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'handle/slug, at-uri, DOI or URL')
    .argument('<from>', "earlier state: a version's tag, 'now' or 'head', or an at-uri")
    .argument('<to>', "later state: a version's tag, 'now' or 'head', or an at-uri")
    .description('Show what differs between two states of a dataset: its description and its data.')
    .option('--no-data', 'the description only; the store is not read')
    .addHelpText(
      'after',
      `
The description is compared field by field, by the AppView. Of Icechunk and Iceberg stores it is read here, from the store
itself, which arrays, chunks, rows and files changed.

Examples:
  $ frost diff ada.icehub.test/cruise-12 v1.0 v1.1
  $ frost diff cruise-12 v1.1 now --no-data --json`,
    )
    .action(
      action<Options>(async (context, { data }, ref = '', from = '', to = '') => {
        const { readingLookupOf } = await import('../context-lookup.ts')
        const { findRecord } = await import('@frost/client/lookup')
        const { AppView } = await import('@frost/client/appview')
        const { frost } = await import('@frost/lexicon')
        const entry = await findRecord(ref, await readingLookupOf(context))
        const [earlier, later] = await Promise.all([stateOf(entry, from), stateOf(entry, to)])
        const answer = (await new AppView(context.settings.appviewUrl).call(frost.dataset.diffVersions.main, {
          from: earlier as never,
          to: later as never,
        })) as unknown as StateDiff
        for (const { uri, exact } of [answer.from, answer.to])
          if (exact === false)
            context.output.warning(
              `the AppView never saw the state of the dataset that ${uri} describes: its description now stands in for it`,
            )
        const stores =
          data === false ? [] : await Promise.all((answer.pins ?? []).map(pins => dataDiff(context, pins)))
        for (const { error, uri } of stores)
          if (error !== undefined)
            context.output.warning(`the data at ${uri} could not be compared: ${error}`)
        context.output.result({ ...answer, data: stores }, () =>
          [changesText(answer), ...stores.map(storeDiffText)].filter(Boolean).join('\n\n'),
        )
      }),
    )
}

/** The at-uri of a state by its name. @throws FrostError `NotFound` that names the tags there are */
async function stateOf(entry: FoundRecord, name: string): Promise<string> {
  if (name.startsWith('at://')) return name
  const { versionOf } = await import('@frost/client/versions')
  const { nsid } = await import('@frost/lexicon')
  if (entry.collection !== nsid('dataset.entry'))
    throw new UsageError(
      `'${entry.uri}' is a ${entry.collection}, not a dataset: give the dataset's handle/slug`,
    )
  const known = await versionOf(entry, name).catch((error: unknown) => {
    if (name === 'now' || name === 'head') return undefined
    throw error
  })
  if (known) return known.uri
  return name === 'now' ? entry.uri : entry.uri.replace(nsid('dataset.entry'), nsid('dataset.head'))
}

async function dataDiff(context: Context, pins: ComparablePins): Promise<DataDiff> {
  const { describeError } = await import('@frost/client/describe-error')
  const { openStore } = await import('@frost/client/store')
  const { storeAccess } = await import('../store-access.ts')
  if (pins.uri === undefined) return { ...pins, error: 'the dataset does not say where it lies' }
  try {
    const dataset = await openStore({ ...pins, uri: pins.uri }, `snapshot:${pins.to}`, storeAccess(context))
    try {
      return { ...pins, diff: await dataset.diff(`snapshot:${pins.from}`, `snapshot:${pins.to}`) }
    } finally {
      await dataset.close()
    }
  } catch (error) {
    return { ...pins, error: describeError(error) }
  }
}
