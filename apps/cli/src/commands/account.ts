import type { Command } from 'commander'
import { configureBackup } from './account/backup.ts'
import { configureMove } from './account/move.ts'

export function configure(command: Command): void {
  command
    .description('Keep an account, move it, and get it back where its host is gone.')
    .addHelpText(
      'after',
      `
Examples:
  $ frost account backup ada.example.org --every 24
  $ frost account move --to https://pds.example.net`,
    )
    .addHelpCommand(false)
  configureBackup(command.command('backup'))
  configureMove(command.command('move'))
}
