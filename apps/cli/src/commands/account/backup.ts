import { resolve } from 'node:path'
import type { BackupDone } from '@frost/client/account/backup-account'
import type { Command } from 'commander'
import { action, type Context } from '../../context.ts'
import { bytesText } from '../../description-text.ts'
import { wholeNumber } from '../../options.ts'
import { styled } from '../../text.ts'

interface Options {
  output?: string
  keep?: number
  every?: number
}

export function configureBackup(command: Command): void {
  command
    .summary('keep a copy of a whole account: every record, every blob')
    .description(
      'Copy the whole repository of an account, all collections, and its blobs; verify all of it; keep the last states.',
    )
    .argument(
      '[account]',
      'handle or DID; the account that is signed in where left out. No sign-in is needed',
    )
    .option('-o, --output <folder>', 'where to keep it (backups/DID in the configuration folder)')
    .option('--keep <number>', 'states that are kept (7)', wholeNumber('--keep', 1, 10_000))
    .option(
      '--every <hours>',
      'go on: back up again whenever so many hours have passed, also over restarts',
      wholeNumber('--every', 1, 8760),
    )
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
A state is a CAR file, its description (.json) and the blobs it refers to. What is half done is never named as if it were
whole, and is taken up by the next run. An older revision than the kept one is refused, and so is one of the future. A state most of
whose records are gone since stays, whatever --keep says. Recovery reads the folder:
frost account recover --from-backup FOLDER.

Examples:
  $ frost account backup
  $ frost account backup ada.example.org -o /mnt/usb/ada --every 24`,
    )
    .action(action<Options>(backup))
}

async function backup(
  context: Context,
  { output: folder, keep, every }: Options,
  name?: string,
): Promise<void> {
  const { settings, output } = context
  const { AccountStore } = await import('@frost/client/accounts')
  const { backUpAccount, backUpOnSchedule } = await import('@frost/client/account/backup-account')
  const account = name ?? (await new AccountStore(settings.configDir).get(context.account)).did
  const options = {
    ...(folder && { folder: resolve(folder) }),
    ...(keep && { keep }),
    onProgress: (text: string) => output.progress(text),
  }
  if (every === undefined) {
    await tell(context, await backUpAccount(account, settings, options))
    return
  }
  const { interruption } = await import('../../interruption.ts')
  const { describeError } = await import('@frost/client/describe-error')
  const stopping = interruption()
  output.note(`Backing up ${account} every ${every} hours; end with Ctrl-C`)
  try {
    await backUpOnSchedule(account, settings, every * 3_600_000, {
      ...options,
      signal: stopping.signal,
      onDone: done => void tell(context, done),
      onTrouble: (error, waitMs) =>
        output.warning(`${describeError(error)}; tried again in ${Math.ceil(waitMs / 1000)} s`),
    })
  } finally {
    stopping.end()
  }
}

async function tell(
  { output }: Context,
  { backup: kept, folder, isNew, fetchedBlobs, held }: BackupDone,
): Promise<void> {
  const { sizeOf } = await import('@frost/client/account/backup')
  const { did, handle, rev, commit, data, collections, blobs, missing, savedAt, checkedAt } = kept
  const bytes = await sizeOf(folder, rev)
  const records = Object.values(collections).reduce((sum, count) => sum + count, 0)
  for (const cid of missing.slice(0, 5))
    output.warning(`blob ${cid} is not at the PDS, and so not in the backup`)
  if (held)
    output.warning(
      `${held.gone} of the ${held.records} records of revision ${held.rev} are no longer there: it is kept beyond --keep; if that is as you want it, delete ${held.rev}.json and ${held.rev}.car`,
    )
  output.item(
    {
      folder,
      did,
      handle,
      rev,
      commit,
      data,
      collections,
      records,
      bytes,
      blobs: Object.keys(blobs).length,
      missing,
      fetchedBlobs,
      isNew,
      held,
      savedAt,
      checkedAt,
    },
    () =>
      `${styled('bold', handle ?? did)} ${isNew ? 'saved' : 'is as it was'} at revision ${rev}: ${records} records (${bytesText(bytes)}), ` +
      `${Object.keys(blobs).length - missing.length} blobs, verified\n${folder}`,
  )
}
