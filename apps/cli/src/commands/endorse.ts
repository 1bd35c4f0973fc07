import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action } from '../context.ts'
import { fields, styled } from '../text.ts'

interface Options {
  kind?: string
  evidence?: string
  remove?: boolean
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'dataset (handle/slug, at-uri, DOI, URL), with @tag a version')
    .description('Say something good of a dataset or version, or take it back.')
    .option('--kind <kind>', 'useful (the default), reproduced, quality-checked or used-in-teaching')
    .option('--evidence <ref>', 'DOI, URL or dataset that shows it')
    .option('--remove', 'take it back; with --kind only that')
    .addHelpText(
      'after',
      `
Examples:
  $ frost endorse ada.example.org/cruise-12
  $ frost endorse ada.example.org/cruise-12@v1.0 --kind reproduced --evidence 10.5281/zenodo.1234`,
    )
    .action(
      action<Options>(async (context, { kind, evidence, remove }, ref = '') => {
        const { acting } = await import('../context-lookup.ts')
        const { discussed, ENDORSEMENTS, endorse, unendorse } = await import('@frost/client/discussion')
        if (kind !== undefined && !(ENDORSEMENTS as readonly string[]).includes(kind))
          throw new UsageError(`--kind is '${kind}': give one of ${ENDORSEMENTS.join(', ')}`)
        const { lookup, repository } = await acting(context)
        const on = await discussed(ref, lookup)
        if (remove) {
          const deleted = await unendorse(repository, on, kind)
          return context.output.result({ subject: on.uri, deleted }, () =>
            deleted.length > 0
              ? `Took back what you said of ${styled('bold', ref)}`
              : 'You had not said that',
          )
        }
        const said = { kind: kind ?? 'useful', ...(evidence !== undefined && { evidence }) }
        const { uri, cid, existed } = await endorse(repository, on, said, lookup)
        context.output.result({ uri, cid, subject: on.uri, kind: said.kind, existed }, () =>
          [
            `You ${existed ? 'said' : 'say'} that ${styled('bold', ref)} is ${said.kind}`,
            fields([['record', uri]]),
          ].join('\n'),
        )
      }),
    )
}
