import type { Command } from 'commander'
import { action } from '../context.ts'
import { type News, newsLines } from '../news-text.ts'
import { styled } from '../text.ts'
import { limitFrom } from './search.ts'

interface Options {
  limit: string
  cursor?: string
}

export function configure(command: Command): void {
  command
    .description('Read what happened to the people, datasets, collections and searches that you follow.')
    .option('-n, --limit <number>', 'how many items', '20')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .addHelpText('after', '\nExamples:\n  $ frost feed\n  $ frost feed -n 5 --json')
    .action(
      action<Options>(async (context, { limit, cursor }) => {
        const { AppView } = await import('@frost/client/appview')
        const { frost } = await import('@frost/lexicon')
        const { lexToJson } = await import('@atproto/lex')
        const params = { limit: limitFrom(limit), ...(cursor !== undefined && { cursor }) }
        const { agent } = await context.session()
        const appview = new AppView(context.settings.appviewUrl)
        const answer = await appview.callAs(agent, frost.feed.getTimeline.main, { params })
        const json = lexToJson(answer as never) as unknown as Timeline
        context.output.result(json, ({ items, cursor: next }) => {
          if (items.length === 0) return 'Nothing yet: follow somebody or something with frost follow'
          const more = next ? `\n\n${styled('dim', `more: --cursor ${next}`)}` : ''
          return items.map(item => newsLines(item.kind, item)).join('\n\n') + more
        })
      }),
    )
}

interface Timeline {
  readonly items: readonly (News & { readonly kind: string })[]
  readonly cursor?: string
}
