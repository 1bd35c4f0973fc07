import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { PipelineTools, Settled } from '@frost/client/pipeline/run'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { interruption } from '../interruption.ts'
import { storeAccess } from '../store-access.ts'

const FILE = 'frost.pipeline.yaml'

export function configure(command: Command): void {
  command
    .description('Make a dataset anew whenever what it is made from has a new version, and release it.')
    .addHelpText(
      'after',
      `
The file says what is made from what (one YAML document a pipeline):

  dataset: sst-anomaly                     # your own
  upstreams: [noaa.icebucket.test/oisst]   # what it is made from
  command: python anomaly.py               # run in the folder of the file
  tag: '{upstream}'                        # label of the versions; also {date}, {time}
  fromBranch: main                         # freeze the newest snapshot of your Icechunk or Iceberg store
  code: https://github.com/you/anomaly     # recorded with the commit that is checked out,
  environment: requirements.lock           # the digest of this file,
  parameters: {baseline: 1991-2020}        # and these

The command reads its inputs as JSON from standard input or from the file FROST_PIPELINE_INPUT: for each the version, its pins
and where its data is. It may write {"pins": ["digest:sha256:…"], "snapshot": "…", "summary": "…"} into FROST_PIPELINE_OUTPUT.

Every upstream version leads to exactly one version, made from exactly what was read, whatever is killed in between. The first
run takes the newest of each.

Examples:
  $ frost pipeline run
  $ frost pipeline watch anomaly.pipeline.yaml`,
    )
  command
    .command('run')
    .argument('[file]', 'pipeline file', FILE)
    .description('Make what is missing now, and end.')
    .action(
      action(async (context, _, file = FILE) => {
        const { settle } = await import('@frost/client/pipeline/run')
        const { holdFile } = await import('@frost/client/watch/exclusive')
        await each(context, file, async (pipeline, tools) => {
          const letGo = await holdFile(`${tools.stateFile}.lock`)
          try {
            tellSettled(context, pipeline.dataset, await settle(pipeline, tools))
          } finally {
            await letGo()
          }
        })
      }),
    )
  command
    .command('watch')
    .argument('[file]', 'pipeline file', FILE)
    .description('Make what is missing, and go on whenever something upstream is released.')
    .action(
      action(async (context, _, file = FILE) => {
        const { followPipeline } = await import('@frost/client/pipeline/follow')
        const { settings, output } = context
        await each(context, file, (pipeline, tools) =>
          followPipeline(pipeline, tools, {
            appviewUrl: settings.appviewUrl,
            onTrouble: message => output.warning(`${pipeline.dataset}: ${message}`),
            onSettled: settled => tellSettled(context, pipeline.dataset, settled),
          }),
        )
        output.note('Ended')
      }),
    )
}

type Pipeline = Awaited<
  ReturnType<typeof import('@frost/client/pipeline/definition')['readPipelines']>
>[number]

/** Does something with every pipeline of the file, side by side. */
async function each(
  context: Context,
  file: string,
  work: (pipeline: Pipeline, tools: PipelineTools) => Promise<void>,
): Promise<void> {
  const { readPipelines } = await import('@frost/client/pipeline/definition')
  const { acting } = await import('../context-lookup.ts')
  const { output, settings } = context
  const pipelines = await readPipelines(file)
  const { session, lookup, repository } = await acting(context)
  const stopping = interruption()
  try {
    await Promise.all(
      pipelines.map(pipeline =>
        work(pipeline, {
          repository,
          lookup,
          stateFile: stateFileOf(settings.configDir, session.account.did, pipeline),
          access: storeAccess(context, stopping.signal),
          stdout: output.json ? 'stderr' : 'stdout',
          signal: stopping.signal,
          onStep: ({ trigger }) =>
            output.note(`${pipeline.dataset}: made anew for ${trigger.label} (${trigger.uri})`),
          onRelease: ({ uri, tag, step }) =>
            output.item(
              { dataset: pipeline.dataset, tag, uri, inputs: step.inputs },
              () => `Released ${pipeline.dataset} ${tag}  ${uri}`,
            ),
        }),
      ),
    )
  } finally {
    stopping.end()
  }
}

function tellSettled({ output }: Context, dataset: string, { released, waitingFor }: Settled): void {
  if (waitingFor.length > 0) output.note(`${dataset}: waits for a first version of ${waitingFor.join(', ')}`)
  else if (released === 0) output.note(`${dataset}: nothing upstream is newer`)
}

/** One file a pipeline: the same account, folder and dataset go on where they were. */
function stateFileOf(configDir: string, did: string, { folder, dataset }: Pipeline): string {
  const name = createHash('sha256')
    .update(JSON.stringify([did, resolve(folder), dataset]))
    .digest('hex')
    .slice(0, 16)
  return join(configDir, 'pipelines', `${name}.json`)
}
