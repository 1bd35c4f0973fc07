import { nsid } from '@frost/lexicon'
import { AppView } from '../appview.ts'
import { holdFile } from '../watch/exclusive.ts'
import { pause, streamUpdates } from '../watch/update-stream.ts'
import type { PipelineDefinition } from './definition.ts'
import { findDatasets, type PipelineTools, type Settled, settle } from './run.ts'

const FIRST_RETRY = 1000
const LONGEST_RETRY = 300_000
/** Looked at this often though nothing was heard. */
const LONGEST_SILENCE = 900_000

export interface FollowOptions {
  readonly appviewUrl: string
  readonly onTrouble: (message: string) => void
  /** Told after every look: what was released, and what is waited for. */
  readonly onSettled?: (settled: Settled) => void
}

/**
 * Keeps a dataset level with what it is made from: looks at once, and again whenever an upstream releases something. What is
 * heard only wakes; what is done is told from the repositories, so that nothing that was missed is lost. Ends by the signal.
 * @throws FrostError Locked where another process follows the same pipeline
 */
export async function followPipeline(
  pipeline: PipelineDefinition,
  tools: PipelineTools,
  { appviewUrl, onTrouble, onSettled = () => {} }: FollowOptions,
): Promise<void> {
  const { signal } = tools
  const letGo = await holdFile(`${tools.stateFile}.lock`)
  try {
    const { upstreams } = await findDatasets(pipeline, tools.lookup)
    const bell = new Bell(signal)
    let seq = (await new AppView(appviewUrl).describeService()).seq
    const listening = streamUpdates({
      appviewUrl,
      filter: {
        dataset: upstreams.map(({ uri }) => uri),
        collection: [nsid('dataset.version'), nsid('dataset.notice')],
      },
      cursor: () => seq,
      onUpdate(update) {
        seq = update.seq
        bell.ring()
      },
      onTrouble,
      signal,
    })
    // It ends by the signal, or by a refusal that the caller must hear of.
    await Promise.race([listening, keepSettled(pipeline, tools, bell, onTrouble, onSettled)])
    await listening
  } finally {
    await letGo()
  }
}

async function keepSettled(
  pipeline: PipelineDefinition,
  tools: PipelineTools,
  bell: Bell,
  onTrouble: (message: string) => void,
  onSettled: (settled: Settled) => void,
): Promise<void> {
  const { signal } = tools
  let failures = 0
  while (!signal.aborted) {
    try {
      onSettled(await settle(pipeline, tools))
      failures = 0
      await bell.wait(LONGEST_SILENCE)
    } catch (error) {
      if (signal.aborted) return
      const wait = Math.min(FIRST_RETRY * 2 ** failures++, LONGEST_RETRY) * (0.5 + Math.random())
      onTrouble(`${(error as Error).message}; again in ${Math.ceil(wait / 1000)} s`)
      await pause(wait, signal)
    }
  }
}

/** Wakes whoever waits; a ring while nobody waits is kept. */
class Bell {
  readonly #signal: AbortSignal
  #rung = false
  #wake: () => void = () => {}

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  ring(): void {
    this.#rung = true
    this.#wake()
  }

  async wait(longest: number): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    if (!this.#rung) await pause(longest, AbortSignal.any([this.#signal, woken.signal]))
    this.#rung = false
  }
}
