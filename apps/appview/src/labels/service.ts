import type { Index } from '@frost/index'
import type { Consumer } from '@frost/sync'
import { LabelerStream } from './labeler-stream.ts'

const EXPIRY_MILLISECONDS = 300_000

/** A labeler that this AppView reads. */
export interface LabelerChoice {
  readonly did: string
  /** What it labels !takedown or !hide is taken out of all answers. */
  readonly isTrusted: boolean
}

/** Reads labelers, and knows whose labels readers may ask for. */
export class LabelService {
  readonly #index: Index
  readonly #choices: readonly LabelerChoice[]
  readonly #streams: readonly LabelerStream[]
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined

  constructor(
    index: Index,
    consumer: Pick<Consumer, 'labeler'>,
    choices: readonly LabelerChoice[],
    onError: (error: unknown) => void,
  ) {
    this.#index = index
    this.#choices = choices
    this.#onError = onError
    this.#streams = choices.map(
      ({ did, isTrusted }) =>
        new LabelerStream(did, {
          consumer,
          keep: (labels, cursor) => index.labels.apply(did, labels, cursor, isTrusted),
          cursor: () => index.labels.cursor(did),
          onError,
        }),
    )
  }

  start(): void {
    for (const stream of this.#streams) void stream.start()
    if (this.#streams.length === 0) return
    this.#timer = setInterval(() => {
      this.#index.labels.expire().catch(this.#onError)
    }, EXPIRY_MILLISECONDS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#streams.map(stream => stream.stop()))
  }

  status() {
    return this.#streams.map(stream => stream.status)
  }

  /**
   * Whose labels an answer holds: those of the labelers that the header names and that are read here; without a header, all.
   * https://atproto.com/specs/label#labeler-hydration-and-redaction
   */
  accepted(header: string | undefined): readonly LabelerChoice[] {
    if (header === undefined) return this.#choices
    const MOST_NAMES = 64
    const named = new Set(header.split(',', MOST_NAMES).map(item => item.split(';', 1)[0]!.trim()))
    return this.#choices.filter(({ did }) => named.has(did))
  }
}

/** What `Atproto-Content-Labelers` says of an answer. */
export function contentLabelers(choices: readonly LabelerChoice[]): string {
  return choices.map(({ did, isTrusted }) => (isTrusted ? `${did};redact` : did)).join(', ')
}
