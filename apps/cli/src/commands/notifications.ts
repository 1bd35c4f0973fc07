import type { Command } from 'commander'
import { action, gather } from '../context.ts'
import { type News, newsLines } from '../news-text.ts'
import { styled } from '../text.ts'
import { limitFrom } from './search.ts'

interface Options {
  limit: string
  cursor?: string
  reason?: string[]
  seen?: boolean
}

export function configure(command: Command): void {
  command
    .description('Read what concerns you: what others do to your records, and versions of what you build on.')
    .option('-n, --limit <number>', 'how many', '20')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .option(
      '--reason <reason>',
      'comment, issue, correction, citation, derived …; may be repeated',
      gather(','),
    )
    .option('--seen', 'mark all of them as seen')
    .addHelpText('after', '\nExamples:\n  $ frost notifications\n  $ frost notifications --seen')
    .action(
      action<Options>(async (context, { limit, cursor, reason, seen }) => {
        const { AppView } = await import('@frost/client/appview')
        const { frost } = await import('@frost/lexicon')
        const { lexToJson } = await import('@atproto/lex')
        const params = {
          limit: limitFrom(limit),
          ...(cursor !== undefined && { cursor }),
          ...(reason && { reason }),
        }
        const { agent } = await context.session()
        const appview = new AppView(context.settings.appviewUrl)
        const seenAt = new Date().toISOString()
        const answer = await appview.callAs(agent, frost.feed.listNotifications.main, { params })
        if (seen) await appview.callAs(agent, frost.feed.updateSeen.main, { body: { seenAt } })
        const json = lexToJson(answer as never) as unknown as Notifications
        context.output.result(json, ({ notifications, unread, cursor: next }) => {
          if (notifications.length === 0) return 'Nothing concerns you yet'
          const lines = notifications.map(
            one => `${one.isRead ? ' ' : styled('bold', '•')} ${newsLines(one.reason, one)}`,
          )
          const more = next ? `   more: --cursor ${next}` : ''
          return `${lines.join('\n\n')}\n\n${styled('dim', `${unread} unread${more}`)}`
        })
      }),
    )
}

interface Notifications {
  readonly notifications: readonly (News & { readonly reason: string; readonly isRead: boolean })[]
  readonly unread: number
  readonly cursor?: string
}
