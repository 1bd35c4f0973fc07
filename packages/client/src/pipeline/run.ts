import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LexMap } from '@atproto/lex'
import { definition } from '@frost/lexicon'
import { FrostError } from '../errors.ts'
import { readJson, writeJson } from '../files.ts'
import { type FoundRecord, findOwnEntry, findRecord, type LookupOptions } from '../lookup.ts'
import { releaseVersion } from '../release.ts'
import type { Repository, StoredRecord } from '../repository.ts'
import type { StoreAccess } from '../store.ts'
import { standingVersionsOf, versionsOf } from '../versions.ts'
import { runCommand } from '../watch/run-command.ts'
import type { PipelineDefinition } from './definition.ts'
import { planNext, type Step, type Upstream, type UpstreamVersion } from './plan.ts'
import { processOf } from './provenance.ts'

/** What the command may say of what it made, in the file that FROST_PIPELINE_OUTPUT names. */
interface Output {
  readonly pins?: readonly string[]
  readonly snapshot?: string
  readonly summary?: string
}

/** A run of the command that has succeeded: kept until its release is written. */
interface Run {
  readonly key: string
  readonly tag: string
  readonly startedAt: string
  readonly endedAt: string
  readonly output: Output
}

export interface PipelineTools {
  readonly repository: Repository
  readonly lookup: LookupOptions
  /** Where a run is noted between the command and the release. */
  readonly stateFile: string
  readonly access?: StoreAccess
  /** Where the command's standard output goes. */
  readonly stdout: 'stdout' | 'stderr'
  readonly onStep?: (step: Step) => void
  readonly onRelease?: (released: { uri: string; tag: string; step: Step }) => void
  readonly signal: AbortSignal
}

export interface Settled {
  /** Versions that were released. */
  readonly released: number
  /** Upstreams that have no version yet. */
  readonly waitingFor: readonly string[]
}

/** The datasets that a pipeline is about, found once. */
export interface PipelineDatasets {
  readonly dataset: FoundRecord
  readonly upstreams: readonly FoundRecord[]
}

export async function findDatasets(
  { dataset, upstreams }: PipelineDefinition,
  lookup: LookupOptions,
): Promise<PipelineDatasets> {
  return {
    dataset: await findOwnEntry(dataset, lookup),
    upstreams: await Promise.all(upstreams.map(ref => findRecord(ref, lookup))),
  }
}

/**
 * Makes and releases until nothing upstream is newer: one version for every version upstream, never two for the same. What is to
 * be done is told from the repositories; the file only spares the command a second run when the release after it failed.
 * @throws FrostError CommandFailed, or what a release throws: nothing is lost by it, the next call goes on
 */
export async function settle(pipeline: PipelineDefinition, tools: PipelineTools): Promise<Settled> {
  let released = 0
  for (;;) {
    // Read anew each time: a version describes its entry as it is then.
    const datasets = await findDatasets(pipeline, tools.lookup)
    const plan = planNext(await upstreamsOf(datasets), await madeFrom(datasets.dataset))
    if (plan.kind !== 'step' || tools.signal.aborted)
      return { released, waitingFor: plan.kind === 'waiting' ? plan.for : [] }
    tools.onStep?.(plan.step)
    const run = await runOnce(pipeline, plan.step, datasets, tools)
    const uri = await release(pipeline, plan.step, run, datasets.dataset, tools)
    tools.onRelease?.({ uri, tag: run.tag, step: plan.step })
    await rm(tools.stateFile, { force: true })
    released += 1
  }
}

/** A version with what its record says: the command is told of it. */
interface ReadVersion extends UpstreamVersion {
  readonly value: LexMap
}

async function upstreamsOf({ upstreams }: PipelineDatasets): Promise<Upstream<ReadVersion>[]> {
  return Promise.all(
    upstreams.map(async upstream => ({
      uri: upstream.uri,
      versions: (await standingVersionsOf(upstream)).map(({ uri, cid, value }) => ({
        uri,
        cid,
        label: String(value.version),
        releasedAt: String(value.releasedAt),
        value,
      })),
    })),
  )
}

/** What each version of the dataset says it was made from. */
async function madeFrom(dataset: FoundRecord): Promise<Set<string>[]> {
  return (await versionsOf(dataset)).map(({ value }) => sourcesOf(value))
}

function sourcesOf(version: LexMap): Set<string> {
  const derivations = Array.isArray(version.derivedFrom)
    ? (version.derivedFrom as { ref?: { uri?: unknown } }[])
    : []
  return new Set(derivations.flatMap(({ ref }) => (typeof ref?.uri === 'string' ? [ref.uri] : [])))
}

/** The run for a step: the one that succeeded before, or a new one. */
async function runOnce(
  pipeline: PipelineDefinition,
  step: Step<ReadVersion>,
  datasets: PipelineDatasets,
  tools: PipelineTools,
): Promise<Run> {
  const inputs = step.inputs.map(({ uri, cid }) => [uri, cid])
  const key = createHash('sha256')
    .update(JSON.stringify([inputs, pipeline.command]))
    .digest('hex')
  const before = await readJson<Run>(tools.stateFile)
  if (before?.key === key) return before
  const startedAt = new Date().toISOString()
  const tag = tagOf(pipeline.tag, step, startedAt)
  const output = await execute(pipeline, step, tag, datasets, tools)
  const run: Run = { key, tag, startedAt, endedAt: new Date().toISOString(), output }
  await writeJson(tools.stateFile, run)
  return run
}

async function execute(
  pipeline: PipelineDefinition,
  step: Step<ReadVersion>,
  tag: string,
  { dataset, upstreams }: PipelineDatasets,
  { signal, stdout }: PipelineTools,
): Promise<Output> {
  const folder = await mkdtemp(join(tmpdir(), 'frost-pipeline-'))
  try {
    const input = {
      dataset: dataset.uri,
      tag,
      trigger: step.trigger.uri,
      inputs: step.inputs.map((version, place) => inputOf(version, upstreams[place]!)),
      parameters: pipeline.parameters,
    }
    const files = { input: join(folder, 'input.json'), output: join(folder, 'output.json') }
    const text = `${JSON.stringify(input, null, 2)}\n`
    await writeFile(files.input, text)
    await runCommand({
      command: pipeline.command,
      cwd: pipeline.folder,
      input: text,
      env: {
        FROST_PIPELINE_INPUT: files.input,
        FROST_PIPELINE_OUTPUT: files.output,
        FROST_PIPELINE_TAG: tag,
        FROST_PIPELINE_DATASET: dataset.uri,
      },
      stdout,
      signal,
    })
    return await readOutput(files.output)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** An input as the command sees it: the version, and where its data is. */
function inputOf({ uri, cid, value }: ReadVersion, upstream: FoundRecord) {
  const { version, releasedAt, pins = [], distributions } = value
  return {
    dataset: upstream.uri,
    uri,
    cid,
    version,
    releasedAt,
    pins,
    distributions: distributions ?? upstream.value.distributions ?? [],
  }
}

async function readOutput(path: string): Promise<Output> {
  const text = await readFile(path, 'utf8').catch(() => '')
  if (text.trim() === '') return {}
  const wrong = (why: string) =>
    new FrostError(
      'BadOutput',
      `the command wrote ${why} into FROST_PIPELINE_OUTPUT: write {"pins": ["digest:sha256:…"], "summary": "…"}`,
    )
  let value: Output
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong('no JSON')
  }
  const { pins, snapshot, summary } = value ?? {}
  if (pins !== undefined && !(Array.isArray(pins) && pins.every(pin => typeof pin === 'string')))
    throw wrong('pins that are no list of texts')
  for (const [name, held] of Object.entries({ snapshot, summary }))
    if (held !== undefined && typeof held !== 'string') throw wrong(`a ${name} that is no text`)
  return { pins, snapshot, summary }
}

async function release(
  pipeline: PipelineDefinition,
  step: Step,
  run: Run,
  dataset: FoundRecord,
  { repository, lookup, access }: PipelineTools,
): Promise<string> {
  const { output, tag } = run
  const released = await releaseVersion(
    repository,
    dataset,
    {
      version: tag,
      releasedAt: run.endedAt,
      snapshot: output.snapshot,
      fromBranch:
        output.snapshot === undefined && output.pins === undefined ? pipeline.fromBranch : undefined,
      pins: output.pins,
      summary: output.summary ?? pipeline.summary,
      derivedFrom: step.inputs.map(({ uri, cid }) => ({ $type: definition('recordRef'), uri, cid })),
      processes: [await processOf(pipeline, run)],
    },
    lookup.settings,
    access,
  )
  if (released.existed) await checkSame(dataset, released.uri, step, tag)
  return released.uri
}

/** A version of that name may have been released by the run that this one goes on with, and by no other. */
async function checkSame(dataset: FoundRecord, uri: string, step: Step, tag: string): Promise<void> {
  const version = (await versionsOf(dataset)).find((one: StoredRecord) => one.uri === uri)
  const sources = sourcesOf(version?.value ?? {})
  if (step.inputs.every(input => sources.has(input.uri))) return
  throw new FrostError(
    'VersionExists',
    `version '${tag}' was made from something else: let tag differ for every run, such as '{upstream}-{time}'`,
  )
}

function tagOf(template: string, { trigger }: Step, startedAt: string): string {
  const values: Record<string, string> = {
    upstream: trigger.label,
    date: startedAt.slice(0, 10),
    time: startedAt.replace(/[-:]/g, '').replace(/\.\d+/, ''),
  }
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}
