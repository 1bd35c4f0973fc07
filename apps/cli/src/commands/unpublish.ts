import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action } from '../context.ts'
import { ask } from '../prompts.ts'
import { styled } from '../text.ts'

export function configure(command: Command): void {
  command
    .argument('<ref>', 'slug of your own, handle/slug or at-uri')
    .description('Delete a dataset from your repository, with its versions. The data itself is not touched.')
    .option('--only-entry', 'leave its versions, which others may have pinned')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ frost unpublish cruise-12 --yes')
    .action(
      action<{ onlyEntry?: boolean; yes?: boolean }>(async (context, { onlyEntry, yes }, ref = '') => {
        const { output } = context
        const { acting } = await import('../context-lookup.ts')
        const { findOwnEntry } = await import('@frost/client/lookup')
        const { unpublishEntry } = await import('@frost/client/publish')
        const { session, lookup, repository } = await acting(context)
        const entry = await findOwnEntry(ref, lookup)
        const name = `${session.account.handle ?? session.account.did}/${entry.rkey}`
        if (!yes) {
          if (!process.stdin.isTTY)
            throw new UsageError(`'unpublish' deletes ${name} for good: confirm with --yes`)
          const answer = await ask(`Delete ${name} ("${entry.value.title}")? [y/N] `)
          if (!/^y(es)?$/i.test(answer.trim())) return output.note('Nothing was deleted')
        }
        const { deleted } = await unpublishEntry(repository, entry, { onlyEntry })
        output.result({ uri: entry.uri, deleted }, () => {
          const others = deleted.length - 1
          return `Deleted ${styled('bold', name)}${others > 0 ? ` and ${others} record${others > 1 ? 's' : ''} of it` : ''}`
        })
      }),
    )
}
