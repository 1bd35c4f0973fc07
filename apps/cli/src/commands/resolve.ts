import type { Command } from 'commander'
import { action } from '../context.ts'

export function configure(command: Command): void {
  command
    .argument('<id>', 'DOI, URL, handle/slug, at-uri or address of a page')
    .description('Find the record that an identifier stands for, and print its at-uri.')
    .addHelpText(
      'after',
      `
Examples:
  $ frost resolve 10.24381/cds.adbb2d47
  $ frost resolve ada.example.org/cruise-12 --json`,
    )
    .action(
      action(async (context, _options, id = '') => {
        const { readingLookupOf } = await import('../context-lookup.ts')
        const { findRecord } = await import('@frost/client/lookup')
        const { uri, cid, owner } = await findRecord(id, await readingLookupOf(context))
        context.output.result({ uri, cid, did: owner.did, handle: owner.handle, pds: owner.pds }, () => uri)
      }),
    )
}
