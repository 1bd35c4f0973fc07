import type { ExportedDocument, ExportSource } from '@frost/catalogs/export/index'
import { FrostError, UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { allDatasets } from '../all-datasets.ts'
import { action, type Context } from '../context.ts'
import { FolderOfExports } from '../export-folder.ts'
import { pageOf } from '../page.ts'
import { clean } from '../text.ts'

interface Options {
  as: string
  all?: boolean
  actor?: string
  release?: string
  output?: string
}

export function configure(command: Command): void {
  command
    .argument('[ref...]', 'datasets or versions: handle/slug, at-uri, DOI or URL')
    .description('Write descriptions of datasets in the form of another catalogue.')
    .requiredOption(
      '--as <format>',
      'json, schema.org, croissant, stac, dcat, datapackage, ro-crate, or a style of frost cite such as datacite',
    )
    .option('--all', 'every dataset that the AppView knows, newest first')
    .option('--actor <handle>', 'with --all: those of one account')
    .option('--release <tag>', 'describe this version')
    .option('-o, --output <folder>', 'a file for each dataset: FOLDER/HANDLE/SLUG.EXTENSION')
    .addHelpText(
      'after',
      `
One REF is read from its owner's repository and printed. Several, and --all, are printed one a line (NDJSON) where the format is JSON, and
else with an empty line between them. Into a folder only what has changed is written: an interrupted export goes on where it was.

Examples:
  $ frost export ada.example.org/cruise-12 --as croissant
  $ frost export 10.24381/cds.adbb2d47 --as datacite-xml
  $ frost export --all --actor ada.example.org --as stac > collections.ndjson
  $ frost export --all --as dcat -o catalogue`,
    )
    .action(
      action<Options>(async (context, options, ...refs) => {
        const { EXPORT_FORMATS } = await import('@frost/catalogs/export/index')
        const { as, all, actor, release, output: folder } = options
        if (!EXPORT_FORMATS.includes(as))
          throw new UsageError(`--as is '${as}': choose one of ${EXPORT_FORMATS.join(', ')}`)
        if ((all === true) === refs.length > 0) throw new UsageError('give one or more REF, or --all')
        if (actor !== undefined && !all)
          throw new UsageError(`--actor is '${actor}': it narrows --all, which is not given`)
        if (release !== undefined && refs.length !== 1)
          throw new UsageError(`--release is '${release}': give one REF, or the at-uris of versions`)
        const sources = all ? allDatasets(context, actor) : named(context, refs, release)
        await write(context, sources, { format: as, folder, isOne: refs.length === 1 })
      }),
    )
}

/** As the owners' repositories hold them now. */
async function* named(
  context: Context,
  refs: readonly string[],
  release: string | undefined,
): AsyncGenerator<ExportSource> {
  const { lexToJson } = await import('@atproto/lex')
  const { readingLookupOf } = await import('../context-lookup.ts')
  const { findCitable } = await import('@frost/client/cite')
  const lookup = await readingLookupOf(context)
  for (const ref of refs) {
    const { entry, version, owner, uri, cid, rkey } = await findCitable(ref, lookup, release)
    yield {
      entry: lexToJson(entry as never) as unknown as ExportSource['entry'],
      uri,
      cid,
      page: pageOf(context.settings.siteUrl, owner, rkey),
      account: owner.handle ?? owner.did,
      ...(version && { version }),
    }
  }
}

async function write(
  { output }: Context,
  sources: AsyncIterable<ExportSource>,
  { format, folder, isOne }: { format: string; folder?: string; isOne: boolean },
): Promise<void> {
  const { exportDataset, formatFacts, NoSuchForm } = await import('@frost/catalogs/export/index')
  const { mediaType, extension } = formatFacts(format)
  if (!isOne && folder === undefined && ['datacite-xml', 'cff'].includes(format))
    throw new UsageError(
      `--as is '${format}', of which a document describes one dataset: give a folder with -o, or one REF`,
    )
  const files = folder === undefined ? undefined : new FolderOfExports(folder, extension)
  let count = 0
  let without = 0
  for await (const source of sources) {
    const { uri, cid } = source
    let exported: ExportedDocument
    try {
      exported = exportDataset(source, format)
    } catch (error) {
      if (!(error instanceof NoSuchForm)) throw error
      if (isOne) throw new FrostError('NoSuchForm', `${error.message}; choose another --as`)
      without += 1
      output.warning(error.message)
      continue
    }
    const { text, json } = exported
    const document = json ?? text
    count += 1
    if (files) {
      await files.put(source, text)
      output.progress(`${count} exported  ${files.written} written`)
    } else if (output.json) output.item({ uri, cid, as: format, mediaType, document }, () => '')
    else
      output.item(document, () =>
        isOne ? clean(text) : json === undefined ? `${clean(text)}\n` : JSON.stringify(json),
      )
  }
  if (count === 0 && without === 0 && !isOne)
    throw new FrostError('NotFound', 'there is no dataset to export')
  if (files)
    output.result(
      { event: 'done', as: format, mediaType, folder, exported: count, written: files.written },
      () => `${count} exported to ${folder}, ${files.written} of them new or changed`,
    )
}
