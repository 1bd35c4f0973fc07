import type { Consumer } from '@frost/sync'
import {
  decodeLabelFrame,
  isSignedLabel,
  LARGEST_LABEL_FRAME,
  type Label,
  type SignedLabel,
} from '@frost/sync/labels'
import { Connection } from '@frost/sync/sources/connection'

const RETRY_MILLISECONDS = 30_000

export interface LabelerStreamTools {
  readonly consumer: Pick<Consumer, 'labeler'>
  /** Keeps labels with the cursor. */
  readonly keep: (labels: readonly Label[], cursor: number) => Promise<void>
  readonly cursor: () => Promise<number | undefined>
  readonly onError: (error: unknown) => void
}

/** Reads one labeler, from where it was read last: what does not bear its signature is left out. */
export class LabelerStream {
  readonly did: string
  readonly #tools: LabelerStreamTools
  #connection: Connection | undefined
  #origin = ''
  #cursor: number | undefined
  #isConnected = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined
  /** Messages are taken one after another. */
  #last: Promise<void> = Promise.resolve()
  #waiting = 0
  /** Counts failures: what had come before one is given again by the next connection. */
  #failures = 0

  constructor(did: string, tools: LabelerStreamTools) {
    this.did = did
    this.#tools = tools
  }

  get status(): { readonly did: string; readonly connected: boolean; readonly cursor?: number } {
    const cursor = this.#cursor
    return { did: this.did, connected: this.#isConnected, ...(cursor !== undefined && { cursor }) }
  }

  /** Begins to read; a labeler that cannot be found is looked for again. */
  async start(): Promise<void> {
    try {
      const { origin } = await this.#tools.consumer.labeler(this.did, true)
      this.#origin = origin.replace(/^http/, 'ws')
      this.#cursor = await this.#tools.cursor()
    } catch (error) {
      this.#tools.onError(error)
      if (!this.#isStopped) this.#timer = setTimeout(() => void this.start(), RETRY_MILLISECONDS).unref()
      return
    }
    if (this.#isStopped) return
    this.#connection = new Connection(
      { maxPayload: LARGEST_LABEL_FRAME, userAgent: 'frost-labels' },
      {
        address: () => `${this.#origin}/xrpc/com.atproto.label.subscribeLabels?cursor=${this.#cursor ?? 0}`,
        opened: () => {
          this.#isConnected = true
        },
        message: data => this.#receive(data),
        closed: () => {
          this.#isConnected = false
        },
        failed: error => this.#tools.onError(error),
      },
    )
    this.#connection.start()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#connection?.stop()
    await this.#last
  }

  #receive(data: Buffer): void {
    const MOST_WAITING = 64
    this.#waiting += 1
    if (this.#waiting > MOST_WAITING) this.#connection!.pause()
    const failures = this.#failures
    this.#last = this.#last
      .then(() => (this.#isStopped || failures !== this.#failures ? undefined : this.#take(data)))
      .catch(error => {
        this.#failures += 1
        this.#tools.onError(error)
        // What was not kept is given again from the cursor.
        this.#connection!.restart()
      })
      .finally(() => {
        this.#waiting -= 1
        if (this.#waiting === 0) this.#connection!.resume()
      })
  }

  async #take(data: Buffer): Promise<void> {
    const frame = decodeLabelFrame(data)
    if (frame.type === 'error') {
      if (frame.name === 'FutureCursor') this.#cursor = 0
      throw new Error(`labeler ${this.did}: ${frame.name} ${frame.message ?? ''}`)
    }
    if (frame.type !== 'labels') return
    this.#connection!.thrives()
    if (this.#cursor !== undefined && frame.seq <= this.#cursor) return
    const good = await this.#signed(frame.labels)
    const refused = frame.labels.length + frame.malformed - good.length
    if (refused > 0)
      this.#tools.onError(
        new Error(`labeler ${this.did}: ${refused} labels are malformed or not signed by it`),
      )
    await this.#tools.keep(good, frame.seq)
    this.#cursor = frame.seq
  }

  /** Those that its key signed; the key may have been changed, so it is looked up anew once. */
  async #signed(labels: readonly SignedLabel[]): Promise<Label[]> {
    const own = labels.filter(({ label }) => label.src === this.did)
    let { key } = await this.#tools.consumer.labeler(this.did)
    if (own.some(label => !isSignedLabel(label, key)))
      ({ key } = await this.#tools.consumer.labeler(this.did, true))
    return own.filter(label => isSignedLabel(label, key)).map(({ label }) => label)
  }
}
