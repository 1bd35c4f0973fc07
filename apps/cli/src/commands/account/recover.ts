import { resolve } from 'node:path'
import type { Command } from 'commander'
import { action, type Context, gather } from '../../context.ts'
import { styled } from '../../text.ts'
import { type NewcomerOptions, newcomerOptions, newPassword } from './move.ts'

interface Options extends NewcomerOptions {
  to: string
  fromBackup?: string
  fromAppview?: string[]
  key?: string
}

export function configureRecover(command: Command): void {
  newcomerOptions(
    command
      .summary('get an account back whose PDS is gone')
      .description(
        'Bring an account to another PDS without the one it was at: with your recovery key and a copy of the repository.',
      )
      .argument('[account]', 'handle or DID; of a backup that says whose it is, it can be left out')
      .requiredOption('--to <url>', 'PDS to come to')
      .option('--from-backup <path>', 'folder of a backup, or one of its CAR files')
      .option(
        '--from-appview <url>',
        'an AppView that kept its FROST records, where there is no backup; needs --accept-loss; may be repeated: the newest ' +
          'revision counts',
        gather(),
      )
      .option('--key <file>', 'recovery key (recovery-keys/DID.json in the configuration folder)'),
  )
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
The key must be among those that your DID lists; where somebody with a lesser key removed it, that is undone within 72 hours. For a did:web
the domain decides: the command writes the document to publish, and goes on when it is there. The password for the new PDS is read
from FROST_NEW_PASSWORD, the terminal or standard input. Interrupted anywhere, the same command goes on where it was.

An AppView holds FROST's records only: what would be lost is listed, and given up with --accept-loss.

Examples:
  $ frost account recover --from-backup ~/.config/frost/backups/DID --to https://pds.example.net --email ada@example.org
  $ frost account recover did:plc:… --from-appview https://appview.example.org --to https://pds.example.net --email ada@example.org`,
    )
    .action(action<Options>(recover))
}

async function recover(context: Context, options: Options, account?: string): Promise<void> {
  const { output, settings } = context
  const { UsageError } = await import('@frost/client/errors')
  const { settingsFromEnv } = await import('@frost/client/settings')
  const { namedDid } = await import('@frost/client/account/named-account')
  const { appviewSource } = await import('@frost/client/account/appview-source')
  const { backupSource } = await import('@frost/client/account/source')
  const { recoverAccount } = await import('@frost/client/account/recover')
  const to = settingsFromEnv({ service: options.to }).service!
  const { fromBackup, fromAppview } = options
  if ((fromBackup === undefined) === (fromAppview === undefined))
    throw new UsageError('give --from-backup or --from-appview: recovery needs one copy of the repository')
  const appviews = (fromAppview ?? []).map(appview => settingsFromEnv({ appview }).appviewUrl)
  const did = account && (await namedDid(account, settings, [...appviews, settings.appviewUrl]))
  if (fromAppview && !did)
    throw new UsageError('the account is missing: --from-appview needs its handle or DID')
  const source = fromBackup ? await backupSource(resolve(fromBackup), did) : appviewSource(did!, ...appviews)
  if (did && source.did !== did)
    throw new UsageError(`--from-backup is '${fromBackup}', a copy of ${source.did}, not of ${did}`)
  const { key, handle, email, inviteCode, acceptLoss } = options
  const recovered = await recoverAccount(settings, {
    to,
    source,
    ...(key && { key: resolve(key) }),
    ...(handle && { handle }),
    ...(email && { email }),
    ...(inviteCode && { inviteCode }),
    ...(acceptLoss && { acceptLoss }),
    password: newPassword(to),
    onStep: text => output.note(`· ${text}`),
    onProgress: text => output.progress(text),
  })
  for (const { cid, recordUri } of recovered.lost)
    output.warning(`blob ${cid} of ${recordUri} was not to be had`)
  if (recovered.undone > 0) output.note(`${recovered.undone} changes of the DID by somebody else were undone`)
  if (recovered.dropped.length > 0)
    output.note(`These keys may no longer change the DID: ${recovered.dropped.join(', ')}`)
  if (recovered.above.length > 0)
    output.warning(
      `${recovered.above.join(', ')} still comes before your key: whoever holds it can undo this for 72 hours, and change the DID. If that is not you, frost account key puts a key of yours before it`,
    )
  output.result(
    recovered,
    () =>
      `${styled('bold', recovered.handle)} lives at ${recovered.to} now, under the same DID: ${recovered.records} records and ${recovered.blobs} blobs (${recovered.data})`,
  )
}
