import type { Command } from 'commander'
import { action } from '../context.ts'
import { styled } from '../text.ts'

export function configure(command: Command): void {
  command
    .argument('[ref]', 'account (@handle, DID) or dataset (handle/slug, at-uri, DOI, URL)')
    .description('Stop following an account, a dataset or a search.')
    .option('--search <query>', 'a search instead: the parameters of its address')
    .addHelpText('after', '\nExample:\n  $ frost unfollow ada.example.org')
    .action(
      action<{ search?: string }>(async (context, options, given) => {
        const { followed } = await import('../followed.ts')
        const { unfollow } = await import('@frost/client/follow')
        const { Repository } = await import('@frost/client/repository')
        const session = await context.session()
        const { ref, subject } = await followed(context, session, given, options)
        const deleted = await unfollow(new Repository(session), subject)
        context.output.result({ subject: subject.id, deleted }, () =>
          deleted.length > 0
            ? `You no longer follow ${styled('bold', ref)}`
            : `You did not follow ${styled('bold', ref)}`,
        )
      }),
    )
}
