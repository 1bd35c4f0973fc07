import type { Command } from 'commander'
import { action } from '../context.ts'
import { styled } from '../text.ts'

interface Options {
  format?: string
  cloud?: string
  region?: string
  method?: string
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'dataset that is mirrored: handle/slug, at-uri, DOI or URL')
    .argument('<url>', 'where the copy is')
    .description('Announce a copy of anyone’s dataset in another place.')
    .option('--format <format>', 'data format of the copy; read from the URL where left out')
    .option('--cloud <cloud>', 'cloud it is in, such as aws')
    .option('--region <region>', 'region it is in, such as eu-central-1')
    .option('--method <method>', 'byte-copy, sync, rechunk or reformat')
    .addHelpText(
      'after',
      `
Example:
  $ frost mirror ada.example.org/cruise-12 gs://mirror/cruise.zarr --cloud gcp --region europe-west4 --method byte-copy`,
    )
    .action(
      action<Options>(async (context, options, ref = '', url = '') => {
        const { settings, output } = context
        const { acting } = await import('../context-lookup.ts')
        const { findRecord } = await import('@frost/client/lookup')
        const { announceMirror } = await import('@frost/client/mirror')
        const { lookup, repository } = await acting(context)
        const subject = await findRecord(ref, lookup)
        const { uri, cid, existed, warnings } = await announceMirror(
          repository,
          subject,
          { url, ...options },
          settings,
        )
        for (const warning of warnings) output.warning(warning)
        output.result(
          { uri, cid, subject: subject.uri, existed },
          () =>
            `${existed ? 'Was announced already:' : 'Announced'} ${styled('bold', url)} as a mirror of ${subject.uri}`,
        )
      }),
    )
}
