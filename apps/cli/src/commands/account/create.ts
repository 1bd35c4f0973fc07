import type { Command } from 'commander'
import { action, type Context } from '../../context.ts'
import { ask } from '../../prompts.ts'
import { styled } from '../../text.ts'

interface Options {
  email: string
  inviteCode?: string
}

export function configureCreate(command: Command): void {
  command
    .summary('create an account with a recovery key of your own')
    .description(
      'Create an account at a PDS (--service). Its first rotation key is made here and yours alone: with it you need no host.',
    )
    .argument('<handle>', 'handle that the PDS is to lend, such as ada.icehub.test')
    .requiredOption('--email <address>', 'where the PDS sends its codes to')
    .option('--invite-code <code>', 'where the PDS wants one')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
The password is read from FROST_NEW_PASSWORD, the terminal or standard input. The key is kept in the configuration folder, readable by
you only: copy it to where the account is not.

Example:
  $ frost account create ada.icehub.test --service http://localhost:4185 --email ada@example.org`,
    )
    .action(action<Options>(create))
}

async function create(context: Context, { email, inviteCode }: Options, handle = ''): Promise<void> {
  const { output, settings } = context
  const { UsageError } = await import('@frost/client/errors')
  const { createAccount } = await import('@frost/client/account/own-key')
  if (!settings.service)
    throw new UsageError('--service is missing: say at which PDS, such as https://pds.example.org')
  const password = process.env.FROST_NEW_PASSWORD || (await ask(`Password for ${handle}: `, { hidden: true }))
  const account = { handle, email, password, ...(inviteCode && { inviteCode }) }
  const made = await createAccount(settings.service, account, settings)
  output.result(
    { ...made, pds: settings.service },
    () =>
      `${styled('bold', made.handle)} is ${made.did}, and you are signed in\nRecovery key: ${made.path}\n` +
      'Keep a copy of it where the account is not; whoever has it can take the account.',
  )
}
