import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FrostError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { fields } from '../text.ts'

interface Options {
  data?: string
}

export function configure(command: Command): void {
  command
    .description('Rebuild or check the index of an AppView that is stopped.')
    .addHelpText(
      'after',
      `
Examples:
  $ frost index check
  $ frost index rebuild --data /var/lib/frost`,
    )
    .addHelpCommand(false)

  command
    .command('rebuild')
    .summary('make the search index anew')
    .description('Make the search index anew from the records that the AppView holds.')
    .option('--data <folder>', 'folder of the index (FROST_DATA, ./data)')
    .configureHelp({ showGlobalOptions: true })
    .action(action<Options>(rebuild))

  command
    .command('check')
    .summary('hold the index against its records')
    .description(
      'Hold counts, digests, projections and search against the records. Exits with 1 where they differ.',
    )
    .option('--data <folder>', 'folder of the index (FROST_DATA, ./data)')
    .configureHelp({ showGlobalOptions: true })
    .action(action<Options>(check))
}

async function rebuild({ output }: Context, options: Options): Promise<void> {
  const index = await openStopped(options)
  try {
    const began = performance.now()
    const datasets = await index.rebuildSearch(done => output.progress(`${done} datasets indexed`))
    const seconds = Math.round((performance.now() - began) / 100) / 10
    output.result({ datasets, seconds }, () => `Search holds ${datasets} datasets again (${seconds} s)`)
  } finally {
    await index.close()
  }
}

async function check({ output }: Context, options: Options): Promise<void> {
  const index = await openStopped(options)
  try {
    output.progress('Comparing …')
    await index.searchable()
    const found = await index.check()
    const { records, tallies, projections, datasets, searchable } = found
    const isSound = tallies.length === 0 && projections.length === 0 && datasets === searchable
    if (!isSound) process.exitCode = 1
    output.result({ sound: isSound, ...found }, () =>
      fields([
        [
          'index',
          isSound ? 'sound' : "not sound: stop the AppView, run 'frost index rebuild' and check again",
        ],
        ['records', String(records)],
        ['datasets', `${datasets}, ${searchable} of them in search`],
        ['wrong counts', tallies.join(', ')],
        ['wrong rows', projections.join('\n')],
      ]),
    )
  } finally {
    await index.close()
  }
}

/** Opens the index of an AppView. @throws FrostError where there is none, or one is running on it. */
async function openStopped({ data }: Options) {
  const { configFromEnv } = await import('@frost/appview/config')
  const env = { ...process.env, ...(data ? { FROST_DATA: resolve(data) } : {}) }
  const { dataDir, databaseUrl } = configFromEnv(env)
  const { runningNetwork } = await import('../network/state.ts')
  const network = await runningNetwork(resolve(env.FROST_DATA || './data'))
  if (network) {
    throw new FrostError('Running', `the AppView of ${dataDir} runs (process ${network.pid}): stop it first`)
  }
  if (!databaseUrl && !existsSync(join(dataDir, 'index.sqlite'))) {
    throw new FrostError('NoIndex', `there is no index in ${dataDir}: check FROST_DATA, or give --data`)
  }
  const { openIndex } = await import('@frost/index')
  return openIndex({ dataDir, databaseUrl })
}
