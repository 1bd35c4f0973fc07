import type { Command } from 'commander'
import { action } from '../context.ts'
import { styled } from '../text.ts'

export function configure(command: Command): void {
  command
    .argument('<ref>', 'account (@handle, DID) or dataset (handle/slug, at-uri, DOI, URL)')
    .description('Follow an account or a dataset: its news reach your timeline.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ frost follow ada.example.org\n  $ frost follow ada.example.org/cruise-12',
    )
    .action(
      action(async (context, _options, ref = '') => {
        const { lookupOf } = await import('../context-lookup.ts')
        const { follow, followSubject } = await import('@frost/client/follow')
        const { Repository } = await import('@frost/client/repository')
        const session = await context.session()
        const subject = await followSubject(ref, lookupOf(context, session))
        const { uri, cid, existed } = await follow(new Repository(session), subject)
        context.output.result({ uri, cid, subject: subject.id, existed }, () =>
          existed ? `You follow ${styled('bold', ref)} already` : `You follow ${styled('bold', ref)} now`,
        )
      }),
    )
}
