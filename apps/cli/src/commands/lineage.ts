import { frost } from '@frost/lexicon'
import type { Command } from 'commander'
import { action } from '../context.ts'
import type { Lineage } from '../lineage-text.ts'
import { wholeNumber } from '../options.ts'

interface Options {
  upstream?: boolean
  downstream?: boolean
  depth?: number
  limit?: number
  anybody?: boolean
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'handle/slug, at-uri, DOI or URL')
    .description('Show what a dataset was made from, and what was made from it.')
    .option('--upstream', 'only what it was made from')
    .option('--downstream', 'only what was made from it')
    .option('--depth <n>', 'most steps (10)', wholeNumber('--depth', 1, 100))
    .option('--limit <n>', 'most things (500)', wholeNumber('--limit', 1, 10_000))
    .option('--anybody', "claims of third parties too, not only of the datasets' owners")
    .addHelpText(
      'after',
      `
Examples:
  $ frost lineage noaa.icebucket.test/oisst
  $ frost lineage 10.24381/cds.adbb2d47 --downstream --depth 3 --json`,
    )
    .action(
      action<Options>(async (context, options, ref = '') => {
        const { AppView } = await import('@frost/client/appview')
        const { identifierOf } = await import('../context-lookup.ts')
        const { lineageText } = await import('../lineage-text.ts')
        const { upstream, downstream, depth, limit, anybody } = options
        const one = upstream !== downstream && (upstream ? 'upstream' : 'downstream')
        const lineage = (await new AppView(context.settings.appviewUrl).call(frost.graph.getLineage.main, {
          id: await identifierOf(context, ref),
          direction: one || 'both',
          ...(depth !== undefined && { depth }),
          ...(limit !== undefined && { limit }),
          ...(anybody && { assertedBy: ['downstream-owner', 'upstream-owner', 'third-party'] }),
        })) as unknown as Lineage
        context.output.result(lineage, () => lineageText(lineage, one ? [one] : ['upstream', 'downstream']))
      }),
    )
}
