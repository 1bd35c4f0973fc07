import { resolve } from 'node:path'
import type { Command } from 'commander'
import { action, type Context } from '../../context.ts'
import { ask } from '../../prompts.ts'
import { styled } from '../../text.ts'

interface Options {
  code?: string
  newCode?: boolean
  output?: string
}

export function configureKey(command: Command): void {
  command
    .summary('make a recovery key for the account that is signed in')
    .description(
      'Put a key of your own first among those that may change your DID: with it, and a backup, you need no host.',
    )
    .option('--code <code>', 'code of the e-mail by which the PDS lets the DID be changed')
    .option('--new-code', 'have another code sent')
    .option('-o, --output <file>', 'file of the key (recovery-keys/DID.json in the configuration folder)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Sign in with the account's own password first; app passwords may not do this. A key file that is there is used again.

Examples:
  $ frost account key
  $ frost account key --code ABCDE-FGHIJ`,
    )
    .action(action<Options>(key))
}

async function key(context: Context, { code, newCode, output: file }: Options): Promise<void> {
  const { output, settings } = context
  const { addRecoveryKey } = await import('@frost/client/account/own-key')
  let isAsked = false
  const own = await addRecoveryKey(await context.session(), settings, {
    ...(newCode && { newCode }),
    ...(file && { path: resolve(file) }),
    // Asked only after the code was sent.
    async code() {
      const typed = isAsked && process.stdin.isTTY ? await ask('Code from the e-mail: ') : undefined
      isAsked = true
      return code ?? typed
    },
  })
  output.result(own, () =>
    own.added
      ? `${styled('bold', own.key)} comes first among the keys of ${own.did}\n${own.path}\nKeep a copy of it where the account is not; whoever has it can take the account.`
      : `${styled('bold', own.key)} comes first among the keys of ${own.did} already\n${own.path}`,
  )
}
