import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action } from '../context.ts'
import { pageOf } from '../page.ts'
import { clean } from '../text.ts'

export function configure(command: Command): void {
  command
    .argument('<ref>', 'dataset or version: handle/slug, at-uri, DOI or URL')
    .description('Print a citation, made from the record its owner has published.')
    .option('--style <style>', 'bibtex, ris, csl-json, datacite, apa or cff', 'apa')
    .option('--release <tag>', 'cite this version')
    .addHelpText(
      'after',
      `
Examples:
  $ frost cite ada.example.org/cruise-12
  $ frost cite 10.24381/cds.adbb2d47 --style bibtex >> references.bib
  $ frost cite ada.example.org/cruise-12 --release v1.0 --style cff > CITATION.cff`,
    )
    .action(
      action<{ style: string; release?: string }>(async (context, { style, release }, ref = '') => {
        const { citableOf, citationStyles, formatCitation, isCitationStyle } = await import(
          '@frost/catalogs/citation/index'
        )
        if (!isCitationStyle(style)) {
          throw new UsageError(
            `--style is '${style}': choose one of ${Object.keys(citationStyles).join(', ')}`,
          )
        }
        const { readingLookupOf } = await import('../context-lookup.ts')
        const { findCitable } = await import('@frost/client/cite')
        const { entry, version, owner, uri, rkey } = await findCitable(
          ref,
          await readingLookupOf(context),
          release,
        )
        const citable = citableOf(entry as never, {
          uri,
          page: pageOf(context.settings.siteUrl, owner, rkey),
          account: owner.handle ?? owner.did,
          version,
        })
        const citation = formatCitation(citable, style)
        const { mediaType } = citationStyles[style]
        context.output.result({ uri, style, mediaType, citation }, () => clean(citation))
      }),
    )
}
