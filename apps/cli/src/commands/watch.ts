import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { UsageError } from '@frost/client/errors'
import type { Update } from '@frost/client/watch/update-stream'
import { nsid } from '@frost/lexicon'
import type { Command } from 'commander'
import { action, type Context, gather } from '../context.ts'
import { interruption } from '../interruption.ts'
import { wholeNumber } from '../options.ts'

interface Options {
  downstream?: boolean
  collection?: string[]
  exec?: string
  since?: number
  state?: string
  jobs?: number
  count?: number
}

export function configure(command: Command): void {
  command
    .argument('<ref...>', 'datasets, or accounts as @handle or DID')
    .description('Run a command whenever datasets change: a new version, a moved head, a notice.')
    .option('--exec <command>', 'what to run for each update; without it updates are printed')
    .option('--downstream', 'for everything made from these datasets too, at any distance')
    .option('--collection <nsid>', `only these record types, such as ${nsid('dataset.version')}`, gather(','))
    .option(
      '--since <seq>',
      'begin after this seq of the AppView, 0 for all it holds; now where left out',
      wholeNumber('--since', 0, Number.MAX_SAFE_INTEGER),
    )
    .option('--state <file>', 'where the position is kept; a file for these datasets where left out')
    .option(
      '--count <n>',
      'end after so many updates, each finished',
      wholeNumber('--count', 1, Number.MAX_SAFE_INTEGER),
    )
    .option('--jobs <n>', 'commands at once, each for another dataset (4)', wholeNumber('--jobs', 1, 64))
    .addHelpText(
      'after',
      `
The command gets the update as JSON on standard input, and in the environment: FROST_UPDATE_SEQ, FROST_UPDATE_ACTION,
FROST_UPDATE_URI, FROST_UPDATE_DATASET, FROST_UPDATE_DID, FROST_UPDATE_CID, FROST_UPDATE_TIME.

Each update is run for at least once: in order and one at a time for a dataset, across restarts, crashes and an AppView that is
away. A command that fails (exit status other than 0) is run again after a wait that grows; later updates of its dataset
wait for it.

Examples:
  $ frost watch noaa.icebucket.test/oisst --exec 'python recompute.py'
  $ frost watch noaa.icebucket.test/oisst --downstream --json
  $ frost watch @noaa.icebucket.test --collection ${nsid('dataset.version')} --exec ./release-notes.sh`,
    )
    .action(
      action<Options>(async (context, options, ...refs) => {
        const { watch } = await import('@frost/client/watch/watch')
        const { runCommand } = await import('@frost/client/watch/run-command')
        const { settings, output } = context
        const { exec, since, jobs, count } = options
        const filter = {
          ...(await subjects(context, refs, options.downstream === true)),
          ...(options.collection && { collection: options.collection }),
        }
        const stateFile = options.state ?? stateFileOf(context, { filter, exec })
        const stopping = interruption()
        try {
          await watch({
            appviewUrl: settings.appviewUrl,
            filter,
            stateFile,
            since,
            jobs,
            count,
            signal: stopping.signal,
            onReady: cursor =>
              output.note(`Watching after seq ${cursor} of ${settings.appviewUrl}; end with Ctrl-C`),
            onTrouble: message => output.warning(message),
            async run(update) {
              if (exec === undefined || output.json)
                output.item(update, ({ seq, action: what, uri }) => `${seq}  ${what}  ${uri}`)
              if (exec === undefined) return
              await runCommand({
                command: exec,
                input: `${JSON.stringify(update)}\n`,
                env: environmentOf(update, settings.appviewUrl),
                stdout: output.json ? 'stderr' : 'stdout',
                signal: stopping.signal,
              })
            },
          })
          output.note('Ended')
        } finally {
          stopping.end()
        }
      }),
    )
}

/** Filters for the datasets or the accounts that are named. */
async function subjects(context: Context, refs: readonly string[], downstream: boolean) {
  const { followSubject } = await import('@frost/client/follow')
  const { readingLookupOf } = await import('../context-lookup.ts')
  const lookup = await readingLookupOf(context)
  const ids = await Promise.all(refs.map(async ref => (await followSubject(ref, lookup)).id))
  const actor = ids.filter(id => id.startsWith('did:'))
  const dataset = ids.filter(id => !id.startsWith('did:'))
  if (actor.length > 0 && dataset.length > 0)
    throw new UsageError(
      'datasets and accounts are watched by a command each: give only the ones or the others',
    )
  if (actor.length > 0 && downstream) throw new UsageError('--downstream is for datasets: name datasets')
  return actor.length > 0 ? { actor } : { dataset, ...(downstream && { downstreamOf: dataset }) }
}

/** One file for one watch: the same AppView, filters and command go on where they were. */
function stateFileOf({ settings }: Context, watched: object): string {
  const name = createHash('sha256')
    .update(JSON.stringify([settings.appviewUrl, watched]))
    .digest('hex')
    .slice(0, 16)
  return join(settings.configDir, 'watch', `${name}.json`)
}

function environmentOf(update: Update, appviewUrl: string): Record<string, string> {
  const { seq, action: what, uri, did, time, cid = '', dataset = '' } = update
  return {
    FROST_APPVIEW_URL: appviewUrl,
    FROST_UPDATE_SEQ: String(seq),
    FROST_UPDATE_ACTION: what,
    FROST_UPDATE_URI: uri,
    FROST_UPDATE_DID: did,
    FROST_UPDATE_TIME: time,
    FROST_UPDATE_CID: cid,
    FROST_UPDATE_DATASET: dataset,
  }
}
