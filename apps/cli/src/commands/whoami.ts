import type { Command } from 'commander'
import { action } from '../context.ts'
import { table } from '../text.ts'

export function configure(command: Command): void {
  command
    .option('--all', 'list every account signed in here')
    .addHelpText('after', '\nExamples:\n  $ frost whoami\n  $ frost whoami --all --json')
    .action(
      action<{ all?: boolean }>(async ({ settings, output, account: chosen }, { all }) => {
        const { AccountStore } = await import('@frost/client/accounts')
        const store = new AccountStore(settings.configDir)
        if (!all) {
          const { did, handle, pds, method } = await store.get(chosen)
          output.result({ did, handle, pds, method }, () => table([[handle ?? did, did, pds]], ['bold']))
          return
        }
        const { accounts, current } = await store.list()
        const listed = accounts.map(({ did, handle, pds, method }) => ({
          did,
          handle,
          pds,
          method,
          current: did === current,
        }))
        output.result(listed, () =>
          table(
            listed.map(({ did, handle, pds, current: isCurrent }) => [
              isCurrent ? '*' : ' ',
              handle ?? did,
              did,
              pds,
            ]),
            [undefined, 'bold'],
          ),
        )
      }),
    )
}
