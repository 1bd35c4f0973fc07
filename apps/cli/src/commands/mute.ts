import type { Command } from 'commander'
import { action } from '../context.ts'
import { styled } from '../text.ts'

interface Options {
  remove?: boolean
}

export function configure(command: Command): void {
  command
    .argument('[account]', 'handle or DID; without one, whom you have muted is listed')
    .description(
      'Hear no more of an account in your feed and notifications. The AppView keeps it, for you alone.',
    )
    .option('--remove', 'hear of it again')
    .addHelpText('after', '\nExample:\n  $ frost mute loud.example.org')
    .action(
      action<Options>(async (context, { remove }, account) => {
        const { AppView } = await import('@frost/client/appview')
        const { resolveIdentity } = await import('@frost/client/identity')
        const { frost } = await import('@frost/lexicon')
        const { agent } = await context.session()
        const appview = new AppView(context.settings.appviewUrl)
        if (account === undefined) {
          const answer = await appview.callAs(agent, frost.graph.listMutes.main, { params: { limit: 100 } })
          return context.output.result(answer, ({ mutes }) =>
            mutes.length === 0
              ? 'You have muted nobody'
              : mutes.map(({ actor }) => `${actor.handle}  ${styled('dim', actor.did)}`).join('\n'),
          )
        }
        const { did } = await resolveIdentity(account, context.settings)
        const method = remove ? frost.graph.unmuteActor.main : frost.graph.muteActor.main
        await appview.callAs(agent, method, { body: { actor: did } })
        context.output.result({ did, muted: !remove }, () =>
          remove ? `You hear of ${styled('bold', account)} again` : `${styled('bold', account)} is muted`,
        )
      }),
    )
}
