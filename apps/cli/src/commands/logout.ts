import type { Command } from 'commander'
import { action } from '../context.ts'

export function configure(command: Command): void {
  command
    .argument('[handle]', 'account to sign out of; the current one where left out')
    .addHelpText('after', '\nExample:\n  $ frost logout ada.example.org')
    .action(
      action(async ({ settings, output, account: chosen }, _options, handle) => {
        const { logout } = await import('@frost/client/session')
        const { account, revoked } = await logout(settings, handle ?? chosen)
        const name = account.handle ?? account.did
        if (!revoked) output.warning(`${account.pds} did not revoke the session: it ends there by itself`)
        output.result({ did: account.did, handle: account.handle, revoked }, () => `Signed out of ${name}`)
      }),
    )
}
