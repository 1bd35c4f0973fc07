import type { TypedLexMap } from '@atproto/lex'
import type { Described } from '@frost/client/described'
import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action } from '../context.ts'
import type { Output } from '../output.ts'
import { pageOf } from '../page.ts'
import { fields, styled } from '../text.ts'
import { addEntryOptions, type EntryOptions, fieldsFrom, recordFrom } from './entry-options.ts'

interface Options extends EntryOptions {
  slug?: string
  describe?: boolean
  dryRun?: boolean
}

export function configure(command: Command): void {
  command
    .argument('[url]', 'where the data is: s3://, gs://, https://, …')
    .description(
      'Describe a dataset in your own repository. The data stays where it is; the record is public.',
    )
    .option('--slug <slug>', 'last part of its name (handle/slug); made from the title where left out')
  addEntryOptions(command)
    .option('--no-describe', 'do not read the data: say only what the options say')
    .option('--dry-run', 'print the record and write nothing')
    .addHelpText(
      'after',
      `
Variables or columns, units, extent, size and format are read from the data itself where it can be reached; options win.

Examples:
  $ frost publish s3://bucket/cruise.zarr --title "CTD casts of cruise 12" --license CC-BY-4.0 \\
      --keyword oceanography,CTD --bbox -30,40,-10,60 --from 2023-05 --until 2023-06 --variable temperature:degC
  $ frost publish https://example.org/derived.parquet --derived-from ada.example.org/cruise-12
  $ frost publish --record entry.json --slug cruise-12`,
    )
    .action(
      action<Options>(async ({ settings, output, session }, options, url) => {
        const { entryFromFields, withFields } = await import('@frost/client/entry-fields')
        const { withDescribed } = await import('@frost/client/described')
        const { checked } = await import('@frost/client/validation')
        const { freeSlug, publishEntry } = await import('@frost/client/publish')
        const { checkedSlug } = await import('@frost/client/slug')
        const { Repository } = await import('@frost/client/repository')
        const { AppView } = await import('@frost/client/appview')
        const slug = options.slug === undefined ? undefined : checkedSlug(options.slug)
        if (url === undefined && options.record === undefined) {
          throw new UsageError('give the URL of the data, or the whole record with --record FILE')
        }
        if (url !== undefined && !/^[a-z][a-z0-9+.-]*:/i.test(url)) {
          throw new UsageError(
            `'${url}' is no address of data: write it with its scheme, such as s3://bucket/data.zarr or https://…`,
          )
        }
        const { account, agent } = await session()
        const lookup = { settings, self: account, appview: new AppView(settings.appviewUrl) }
        const given = await fieldsFrom(options, lookup, url)
        const base = options.record === undefined ? undefined : await entryFrom(options.record)
        const stateWith = (title: string | undefined) => {
          const said = { ...given, title }
          return base ? withFields(base, said) : entryFromFields(said)
        }
        // What the options say is judged before the data is read.
        checked(stateWith(given.title))
        const read =
          url !== undefined && options.describe !== false ? await describedBy(url, output) : undefined
        const stated = stateWith(given.title ?? (base ? undefined : read?.title))
        const entry = read ? withDescribed(stated, read) : stated
        if (options.dryRun) {
          const { lexToJson } = await import('@atproto/lex')
          const { record, warnings } = checked(entry)
          for (const warning of warnings) output.warning(warning)
          return output.result(lexToJson(record), value => JSON.stringify(value, null, 2))
        }
        const repository = new Repository({ agent })
        const key = slug ?? (await freeSlug(repository, String(entry.title ?? 'dataset')))
        const { uri, cid, warnings } = await publishEntry(repository, entry, key, settings)
        for (const warning of warnings) output.warning(warning)
        const ref = `${account.handle ?? account.did}/${key}`
        const page = pageOf(settings.siteUrl, account, key)
        output.result({ uri, cid, ref, url: page, warnings }, () =>
          [
            `Published ${styled('bold', ref)}`,
            fields([
              ['page', page],
              ['record', uri],
            ]),
          ].join('\n'),
        )
      }),
    )
}

const MOST_MILLISECONDS = 20_000

/** What the data says of itself; a place that cannot be read is no obstacle to publishing. */
async function describedBy(url: string, output: Output): Promise<Described | undefined> {
  const { openDataset } = await import('@frost/reader')
  const { describedFields } = await import('@frost/client/described')
  output.progress(`Reading ${url}`)
  try {
    const dataset = await openDataset(url, {
      env: process.env,
      guard: { allowLoopback: true },
      signal: AbortSignal.timeout(MOST_MILLISECONDS),
    })
    try {
      return describedFields(await dataset.describe())
    } finally {
      await dataset.close()
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    output.warning(`the data was not read (${why}): the record says only what you say of it`)
    return undefined
  } finally {
    output.clearProgress()
  }
}

/** A `dataset.entry` from a file; type and creation time are added where it leaves them out. */
export async function entryFrom(file: string): Promise<TypedLexMap> {
  const { nsid } = await import('@frost/lexicon')
  const record = await recordFrom(file)
  if (record === null || typeof record !== 'object' || Array.isArray(record)) {
    throw new UsageError(`--record ${file} holds no JSON object`)
  }
  const {
    $type = nsid('dataset.entry'),
    createdAt = new Date().toISOString(),
    ...rest
  } = record as Record<string, never>
  if ($type !== nsid('dataset.entry')) {
    throw new UsageError(`--record ${file} is of type '${$type}': a dataset is a ${nsid('dataset.entry')}`)
  }
  return { $type: $type as never, createdAt: createdAt as never, ...rest } as TypedLexMap
}
