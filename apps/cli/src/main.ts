import { Command, CommanderError, Option } from 'commander'
import { commands } from './commands.ts'

const program = new Command('frost')
  .description('Publish, find, cite and follow scientific datasets on AT Protocol.')
  .version('0.1.0', '-V, --version', 'print the version')
  .addOption(
    new Option('--json', 'print one JSON document (or NDJSON) on standard output and nothing else there'),
  )
  .addOption(new Option('--service <url>', 'PDS to talk to, instead of the one the account names'))
  .addOption(
    new Option('--appview <url>', 'AppView to ask (FROST_APPVIEW_URL, default http://127.0.0.1:4181)'),
  )
  .addOption(new Option('--account <handle>', 'act as this account, where several are signed in'))
  .helpOption('-h, --help', 'show help')
  .helpCommand('help [command]', 'show help for a command')
  .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
  .showSuggestionAfterError()
  .configureOutput({
    outputError: (text, write) => write(`frost: ${oneLine(text.replace(/^error: /, ''))}\n`),
  })
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  $ frost search "sea surface temperature" --format zarr
  $ frost login ada.icehub.test --app-password
  $ frost publish s3://bucket/cruise.zarr --title "CTD casts of cruise 12" --license CC-BY-4.0
  $ frost release ada.icehub.test/cruise-12 --tag v1.0
  $ frost cite 10.24381/cds.adbb2d47 --style bibtex

Exit status: 0 on success, 1 on a failure (explained on standard error), 2 on wrong usage.`,
  )

for (const { name, summary } of commands) {
  program
    .command(name)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true })
}

// Only the command that is called is loaded, so that start-up costs the same however many there are.
program.hook('preSubcommand', async (_program, command) => {
  const { configure } = await commands.find(({ name }) => name === command.name())!.load()
  configure(command)
})

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  await program.parseAsync(helpRequest(process.argv.slice(2)), { from: 'user' })
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else process.exitCode = (await import('./failure.ts')).reportFailure(error)
}

/** `help publish` as `publish --help`, which loads the command whose help is asked for. */
function helpRequest(args: string[]): string[] {
  return args[0] === 'help' ? [...args.slice(1), '--help'] : args
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ')
}
