import type { Word } from '@frost/client/acknowledgement'
import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action } from '../context.ts'
import { fields, styled } from '../text.ts'

interface Options {
  dispute?: boolean
  withdraw?: boolean
  part?: string
  note?: string
}

const SAID = { accepted: 'You confirm', disputed: 'You dispute', withdrawn: 'You say nothing more about' }

export function configure(command: Command): void {
  command
    .argument('<ref>', 'dataset (handle/slug, at-uri, DOI, URL), with @tag a version; at-uri of a citation')
    .description(
      'Confirm what a record of somebody else says of you or your datasets: that you are its publisher or creator, that it was made from yours, that something cites it.',
    )
    .option('--dispute', 'say that it is not so')
    .option('--withdraw', 'say nothing more about it')
    .option(
      '--part <part>',
      'your DID, or the at-uri of your dataset that it names; by itself what names you',
    )
    .option('--note <text>', 'why')
    .addHelpText(
      'after',
      `
Examples:
  $ frost acknowledge ada.example.org/cruise-12
  $ frost acknowledge ada.example.org/cruise-12 --dispute --note "Not published by us"`,
    )
    .action(
      action<Options>(async (context, { dispute, withdraw, part, note }, ref = '') => {
        if (dispute && withdraw) throw new UsageError('--dispute and --withdraw: give one of them')
        const { acting } = await import('../context-lookup.ts')
        const { acknowledge } = await import('@frost/client/acknowledgement')
        const { discussed } = await import('@frost/client/discussion')
        const { lookup, repository } = await acting(context)
        const claim = await discussed(ref, lookup)
        const status: Word['status'] = withdraw ? 'withdrawn' : dispute ? 'disputed' : 'accepted'
        const written = await acknowledge(repository, claim, {
          status,
          ...(part !== undefined && { part }),
          ...(note !== undefined && { note }),
        })
        const { uri, cid } = written
        context.output.result({ uri, cid, claim: claim.uri, part: written.part, status }, () =>
          [
            `${SAID[status]} what ${styled('bold', ref)} says`,
            fields([
              ['of', written.part],
              ['record', uri],
            ]),
          ].join('\n'),
        )
      }),
    )
}
