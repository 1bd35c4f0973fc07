import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { pageOf } from '../page.ts'
import { clean } from '../text.ts'

interface Options {
  style: string
  release?: string
  cid?: string
}

/** A citation with what it is of. */
interface Citation {
  readonly citation: string
  readonly mediaType: string
  readonly items: readonly { readonly uri: string; readonly cid: string; readonly pinState: string }[]
}

export function configure(command: Command): void {
  command
    .argument('<ref...>', 'datasets or versions: handle/slug, at-uri, DOI or URL')
    .description('Print a citation, made from the records that their owners have published.')
    .option(
      '--style <style>',
      'apa, chicago-author-date, harvard, ieee, vancouver, bibtex, ris, csl-json, datacite, datacite-xml or cff',
      'apa',
    )
    .option('--release <tag>', 'cite this version')
    .option('--cid <cid>', 'cite the record in this state, as the AppView keeps it')
    .addHelpText(
      'after',
      `
A citation names the record and its state (CID): 'frost show REF --cid CID' says later what became of it.

Examples:
  $ frost cite ada.example.org/cruise-12
  $ frost cite 10.24381/cds.adbb2d47 ada.example.org/cruise-12 --style bibtex >> references.bib
  $ frost cite ada.example.org/cruise-12 --release v1.0 --style cff > CITATION.cff`,
    )
    .action(
      action<Options>(async (context, options, ...refs) => {
        const { style } = options
        if (options.cid !== undefined && (refs.length > 1 || options.release !== undefined))
          throw new UsageError('--cid pins one record: give one REF, and no --release')
        if (options.release !== undefined && refs.length > 1)
          throw new UsageError(`--release is '${options.release}': give one REF, or the at-uris of versions`)
        const { citation, mediaType, items } =
          options.cid === undefined
            ? await citedFromRecords(context, refs, style, options.release)
            : await citedByAppView(context, refs[0]!, style, options.cid)
        const [only] = items
        const said = items.length === 1 ? { uri: only!.uri, cid: only!.cid } : {}
        context.output.result({ ...said, style, mediaType, citation, items }, () => clean(citation))
      }),
    )
}

/** As the owners' repositories hold the records now. */
async function citedFromRecords(
  context: Context,
  refs: readonly string[],
  style: string,
  release: string | undefined,
): Promise<Citation> {
  const { citableOf, citationStyles, formatCitations, isCitationStyle } = await import(
    '@frost/catalogs/citation/index'
  )
  if (!isCitationStyle(style))
    throw new UsageError(`--style is '${style}': choose one of ${Object.keys(citationStyles).join(', ')}`)
  const { readingLookupOf } = await import('../context-lookup.ts')
  const { findCitable } = await import('@frost/client/cite')
  const lookup = await readingLookupOf(context)
  const found = []
  for (const ref of refs) found.push(await findCitable(ref, lookup, release))
  const citation = formatCitations(
    found.map(({ entry, version, owner, uri, cid, rkey }) =>
      citableOf(entry as never, {
        uri,
        cid,
        page: pageOf(context.settings.siteUrl, owner, rkey),
        account: owner.handle ?? owner.did,
        version,
      }),
    ),
    style,
  )
  if (citation === undefined)
    throw new UsageError(
      `--style is '${style}', which describes one thing a document: give one REF at a time`,
    )
  const { mediaType } = citationStyles[style]
  return { citation, mediaType, items: found.map(({ uri, cid }) => ({ uri, cid, pinState: 'unchanged' })) }
}

/** In a state that may be past: repositories hold only what is now, the AppView what was pinned. */
async function citedByAppView(context: Context, ref: string, style: string, cid: string): Promise<Citation> {
  const { frost } = await import('@frost/lexicon')
  const { AppView } = await import('@frost/client/appview')
  const { pinStateText, uriOf } = await import('@frost/client/pinned-state')
  const { readingLookupOf } = await import('../context-lookup.ts')
  const appview = new AppView(context.settings.appviewUrl)
  const uri = await uriOf(ref, await readingLookupOf(context))
  const {
    text,
    mediaType,
    items = [],
  } = await appview.call(frost.graph.formatCitation.main, {
    uris: [uri],
    cid,
    style,
  })
  for (const item of items)
    if (item.pinState !== 'unchanged') context.output.warning(pinStateText(item.pinState, item.uri))
  return { citation: text, mediaType, items }
}
