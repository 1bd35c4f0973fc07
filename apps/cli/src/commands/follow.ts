import type { Command } from 'commander'
import { action } from '../context.ts'
import { styled } from '../text.ts'

export function configure(command: Command): void {
  command
    .argument('[ref]', 'account (@handle, DID) or dataset (handle/slug, at-uri, DOI, URL)')
    .description('Follow an account, a dataset or a search: its news reach your timeline.')
    .option(
      '--search <query>',
      'a search instead: the parameters of its address, such as q=sea+ice&format=zarr',
    )
    .option('--title <title>', 'a name for the search')
    .addHelpText(
      'after',
      `
Examples:
  $ frost follow ada.example.org
  $ frost follow ada.example.org/cruise-12
  $ frost follow --search 'q=salinity&publisher=ada.example.org' --title "Ada's salinities"`,
    )
    .action(
      action<{ search?: string; title?: string }>(async (context, options, given) => {
        const { followed } = await import('../followed.ts')
        const { follow } = await import('@frost/client/follow')
        const { Repository } = await import('@frost/client/repository')
        const session = await context.session()
        const { ref, subject } = await followed(context, session, given, options)
        const { uri, cid, existed } = await follow(new Repository(session), subject)
        context.output.result({ uri, cid, subject: subject.id, existed }, () =>
          existed ? `You follow ${styled('bold', ref)} already` : `You follow ${styled('bold', ref)} now`,
        )
      }),
    )
}
