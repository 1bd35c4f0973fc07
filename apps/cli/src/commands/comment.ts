import type { Command } from 'commander'
import { action } from '../context.ts'
import { fields, styled } from '../text.ts'

export function configure(command: Command): void {
  command
    .argument(
      '<ref>',
      'dataset (handle/slug, or with @tag a version), or at-uri of an issue, correction or comment',
    )
    .argument('<text>', 'Markdown; @handles are told')
    .description('Comment on a dataset or version, or answer an issue, a correction or a comment.')
    .addHelpText(
      'after',
      `
Examples:
  $ frost comment ada.example.org/cruise-12 "Which depth is the first level?"
  $ frost comment ada.example.org/cruise-12@v1.0 "We got the same numbers, @lin.example.org"`,
    )
    .action(
      action(async (context, _options, ref = '', text = '') => {
        const { acting } = await import('../context-lookup.ts')
        const { comment, discussed } = await import('@frost/client/discussion')
        const { lookup, repository } = await acting(context)
        const on = await discussed(ref, lookup)
        const { uri, cid } = await comment(repository, on, text, context.settings)
        context.output.result({ uri, cid, subject: on.uri }, () =>
          [`Commented on ${styled('bold', ref)}`, fields([['record', uri]])].join('\n'),
        )
      }),
    )
}
