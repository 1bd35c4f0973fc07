import type { Command } from 'commander'
import { action } from '../context.ts'
import { styled } from '../text.ts'

export function configure(command: Command): void {
  command
    .argument('<ref>', 'account (@handle, DID) or dataset (handle/slug, at-uri, DOI, URL)')
    .description('Stop following an account or a dataset.')
    .addHelpText('after', '\nExample:\n  $ frost unfollow ada.example.org')
    .action(
      action(async (context, _options, ref = '') => {
        const { lookupOf } = await import('../context-lookup.ts')
        const { followSubject, unfollow } = await import('@frost/client/follow')
        const { Repository } = await import('@frost/client/repository')
        const session = await context.session()
        const subject = await followSubject(ref, lookupOf(context, session))
        const deleted = await unfollow(new Repository(session), subject)
        context.output.result({ subject: subject.id, deleted }, () =>
          deleted.length > 0
            ? `You no longer follow ${styled('bold', ref)}`
            : `You did not follow ${styled('bold', ref)}`,
        )
      }),
    )
}
