import { frost } from '@frost/lexicon'
import type { Command } from 'commander'
import { action } from '../context.ts'
import type { LineageNode } from '../lineage-text.ts'
import { wholeNumber } from '../options.ts'

interface Impact {
  readonly steps: readonly LineageNode[]
  readonly cycles?: readonly { readonly nodes: readonly { readonly id: string }[] }[]
  readonly truncated: boolean
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'handle/slug, at-uri, DOI or URL')
    .description('List what must be made anew when a dataset changes, in an order in which it can be done.')
    .option('--limit <n>', 'most datasets (1000)', wholeNumber('--limit', 1, 10_000))
    .addHelpText('after', '\nExample:\n  $ frost impact ecmwf.icebucket.test/era5 --json')
    .action(
      action<{ limit?: number }>(async (context, { limit }, ref = '') => {
        const { AppView } = await import('@frost/client/appview')
        const { identifierOf } = await import('../context-lookup.ts')
        const { nodeText } = await import('../lineage-text.ts')
        const impact = (await new AppView(context.settings.appviewUrl).call(frost.graph.getImpact.main, {
          id: await identifierOf(context, ref),
          ...(limit !== undefined && { limit }),
        })) as unknown as Impact
        context.output.result(impact, () =>
          [
            ...impact.steps.map(step => `${String(step.depth).padStart(3)}  ${nodeText(step)}`),
            ...(impact.steps.length === 0 ? ['Nothing that is known was made from it'] : []),
            ...(impact.cycles ?? []).map(
              ({ nodes }) => `circle, to be made as one: ${nodes.map(({ id }) => id).join(', ')}`,
            ),
            ...(impact.truncated ? ['There is more: raise --limit'] : []),
          ].join('\n'),
        )
      }),
    )
}
