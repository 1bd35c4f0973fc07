import type { Command } from 'commander'
import { configureBackup } from './account/backup.ts'
import { configureCreate } from './account/create.ts'
import { configureKey } from './account/key.ts'
import { configureMove } from './account/move.ts'
import { configureRecover } from './account/recover.ts'
import { configureStatus } from './account/status.ts'

export function configure(command: Command): void {
  command
    .description('Keep an account, move it, and get it back where its host is gone.')
    .addHelpText(
      'after',
      `
Examples:
  $ frost account status
  $ frost account key
  $ frost account backup --every 24
  $ frost account move --to https://pds.example.net
  $ frost account recover --from-backup FOLDER --to https://pds.example.net --email ada@example.org`,
    )
    .addHelpCommand(false)
  configureStatus(command.command('status'))
  configureCreate(command.command('create'))
  configureKey(command.command('key'))
  configureBackup(command.command('backup'))
  configureMove(command.command('move'))
  configureRecover(command.command('recover'))
}
