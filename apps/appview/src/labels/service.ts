import type { Index } from '@frost/index'
import type { Consumer } from '@frost/sync'
import type { Label } from '@frost/sync/labels'
import { LabelerStream } from './labeler-stream.ts'

const EXPIRY_MILLISECONDS = 300_000

/** A labeler that this AppView reads. */
export interface LabelerChoice {
  readonly did: string
  /** What it labels !takedown or !hide is taken out of all answers. */
  readonly isTrusted: boolean
}

export interface LabelServiceOptions {
  /** DID of this AppView: its operator's own labels are said in its name. */
  readonly own: string
  /** Whom the operator has read. */
  readonly choices: readonly LabelerChoice[]
  readonly onError: (error: unknown) => void
}

/** Reads labelers, and knows whose labels readers may ask for. */
export class LabelService {
  readonly #index: Index
  readonly #own: string
  #hasOwn = false
  readonly #choices: readonly LabelerChoice[]
  readonly #streams: readonly LabelerStream[]
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined

  constructor(
    index: Index,
    consumer: Pick<Consumer, 'labeler'>,
    { own, choices, onError }: LabelServiceOptions,
  ) {
    this.#index = index
    this.#own = own
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

  async start(): Promise<void> {
    await this.#index.labels.trust(this.#choices.flatMap(({ did, isTrusted }) => (isTrusted ? did : [])))
    this.#hasOwn = (await this.#index.labels.cursor(this.#own)) !== undefined
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

  /** Labels something in the name of this AppView, or takes that back. */
  async say(label: Pick<Label, 'uri' | 'val' | 'cid' | 'neg'>): Promise<void> {
    const now = Date.now()
    const said = { src: this.#own, cts: new Date(now).toISOString(), ...label }
    await this.#index.labels.apply(this.#own, [said], now, false)
    this.#hasOwn = true
  }

  status() {
    return this.#streams.map(stream => stream.status)
  }

  /**
   * Whose labels an answer holds: those of the labelers that the header names and that are read here, the AppView itself being one;
   * without a header, all.
   * https://atproto.com/specs/label#labeler-hydration-and-redaction
   */
  accepted(header: string | undefined): readonly LabelerChoice[] {
    const choices = this.#hasOwn ? [...this.#choices, { did: this.#own, isTrusted: false }] : this.#choices
    if (header === undefined) return choices
    const MOST_NAMES = 64
    const named = new Set(header.split(',', MOST_NAMES).map(item => item.split(';', 1)[0]!.trim()))
    return choices.filter(({ did }) => named.has(did))
  }
}

/** What `Atproto-Content-Labelers` says of an answer. */
export function contentLabelers(choices: readonly LabelerChoice[]): string {
  return choices.map(({ did, isTrusted }) => (isTrusted ? `${did};redact` : did)).join(', ')
}
