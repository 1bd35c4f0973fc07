import type { Command } from 'commander'
import { action } from '../context.ts'
import { describeEntry } from '../entry-text.ts'
import { clean } from '../text.ts'

export function configure(command: Command): void {
  command
    .argument('<ref>', 'handle/slug, at-uri, DOI or URL')
    .description('Show one dataset: what it is, where it is, what it holds and what it was made from.')
    .addHelpText(
      'after',
      `
With --json the record is printed as its owner's repository holds it, with its at-uri and CID.

Examples:
  $ frost show ada.example.org/cruise-12
  $ frost show 10.24381/cds.adbb2d47 --json`,
    )
    .action(
      action(async (context, _options, ref = '') => {
        const { readingLookupOf } = await import('../context-lookup.ts')
        const { findRecord } = await import('@frost/client/lookup')
        const { faultOf } = await import('@frost/client/validation')
        const { lexToJson } = await import('@atproto/lex')
        const { nsid } = await import('@frost/lexicon')
        const { uri, cid, owner, value, collection } = await findRecord(ref, await readingLookupOf(context))
        const fault = faultOf(value)
        if (fault !== undefined) context.output.warning(`this record breaks its lexicon: ${fault}`)
        const author = { did: owner.did, handle: owner.handle }
        const isEntry = collection === nsid('dataset.entry') && fault === undefined
        context.output.result({ uri, cid, author, record: lexToJson(value) }, view =>
          isEntry ? describeEntry(view as never) : clean(JSON.stringify(view, null, 2)),
        )
      }),
    )
}
