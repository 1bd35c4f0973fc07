import type { Command } from 'commander'
import { action, type Context } from '../../context.ts'
import { ask } from '../../prompts.ts'
import { styled } from '../../text.ts'

export interface NewcomerOptions {
  handle?: string
  email?: string
  inviteCode?: string
  acceptLoss?: boolean
}

interface Options extends NewcomerOptions {
  to: string
  code?: string
  newCode?: boolean
}

export function configureMove(command: Command): void {
  newcomerOptions(
    command
      .summary('move the account to another PDS, with everything')
      .description(
        'Move the account that is signed in to another PDS: same DID, same records, same followers, same citations.',
      )
      .requiredOption('--to <url>', 'PDS to move to'),
  )
    .option('--code <code>', 'code of the e-mail by which the PDS of now lets the DID be changed')
    .option('--new-code', 'have another code sent')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Sign in with the account's own password first: app passwords and the browser's sessions may not move an account. The
password for the new PDS is read from FROST_NEW_PASSWORD, the terminal or standard input. Interrupted anywhere, the same command goes on
where it was. Where a recovery key of the account is here, no code is needed.

Examples:
  $ frost account move --to https://pds.example.net
  $ frost account move --to https://pds.example.net --handle ada.example.org --code ABCDE-FGHIJ`,
    )
    .action(action<Options>(move))
}

/** Who the account is to be at its new PDS: options that moving and recovering share. */
export function newcomerOptions(command: Command): Command {
  return command
    .option(
      '--handle <handle>',
      "handle there; where left out, one's own domain, or the same name under the PDS's",
    )
    .option('--email <address>', 'e-mail address there; where left out, the one of now')
    .option('--invite-code <code>', 'where the PDS wants one')
    .option('--accept-loss', 'go on without what is nowhere to be had')
}

/** The password for the account at its new PDS. */
export function newPassword(to: string): () => Promise<string> {
  return async () =>
    process.env.FROST_NEW_PASSWORD || (await ask(`New password for the account at ${to}: `, { hidden: true }))
}

async function move(context: Context, options: Options): Promise<void> {
  const { output, settings } = context
  const { settingsFromEnv } = await import('@frost/client/settings')
  const { moveAccount } = await import('@frost/client/account/move')
  const to = settingsFromEnv({ service: options.to }).service!
  const session = await context.session()
  const { code, newCode, handle, email, inviteCode, acceptLoss } = options
  const moved = await moveAccount(session, settings, {
    to,
    ...(handle && { handle }),
    ...(email && { email }),
    ...(inviteCode && { inviteCode }),
    ...(acceptLoss && { acceptLoss }),
    ...(newCode && { newCode }),
    password: newPassword(to),
    code: async () => code ?? (process.stdin.isTTY ? ask('Code from the e-mail: ') : undefined),
    onStep: text => output.note(`· ${text}`),
    onProgress: text => output.progress(text),
  })
  for (const { cid, recordUri } of moved.lost) output.warning(`blob ${cid} of ${recordUri} was not to be had`)
  if (moved.dropped.length > 0)
    output.note(`These keys may no longer change the DID: ${moved.dropped.join(', ')}`)
  if (moved.notClosed)
    output.warning(
      `${moved.from} did not close the account (${moved.notClosed}): what was written there at the last moment is not here`,
    )
  output.result(
    moved,
    () =>
      `${styled('bold', moved.handle)} lives at ${moved.to} now: ${moved.records} records and ${moved.blobs} blobs, the tree is the same (${moved.data})`,
  )
}
