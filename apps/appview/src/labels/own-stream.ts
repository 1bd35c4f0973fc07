import { l } from '@atproto/lex'
import { QueryError } from '@frost/index'
import type { OwnLabels, SaidLabel } from '@frost/index/moderation/own-labels'
import { encodeLabelFrame } from '@frost/sync/labels'
import type { Message, Source, Stream } from '../streams/stream.ts'

const NSID = 'com.atproto.label.subscribeLabels'
const LABELS_A_BATCH = 500

const params = l.params({ cursor: l.optional(l.integer({ minimum: 0 })) })

/**
 * `com.atproto.label.subscribeLabels` of the AppView's own labels. All that holds or was taken back is kept, so the stream goes back
 * to its first seq and no cursor is outdated.
 */
export class OwnLabelStream implements Stream {
  readonly nsid = NSID
  readonly #labels: Pick<OwnLabels, 'last' | 'read'>
  readonly #did: string
  /** By listener: the seq that it has already. */
  readonly #listeners = new Map<(message: Message) => void, number>()
  /** The last seq that listeners were told of, or would have been. */
  #told = 0

  constructor(labels: Pick<OwnLabels, 'last' | 'read'>, did: string) {
    this.#labels = labels
    this.#did = did
  }

  encoding() {
    return 'cbor' as const
  }

  async open(query: string): Promise<{ source: Source; seq: number }> {
    const { cursor } = readParams(query)
    const last = await this.#labels.last(this.#did)
    if (cursor !== undefined && cursor > last)
      throw new QueryError('FutureCursor', `cursor is ${cursor}, and the last label has seq ${last}`)
    return { source: this.#source(), seq: cursor ?? last }
  }

  /** Tells those who listen what was said, in the order of the seqs. */
  tell(said: readonly SaidLabel[]): void {
    for (const label of said) {
      this.#told = label.seq
      const message = messageOf(label)
      for (const [hear, seq] of this.#listeners) if (label.seq > seq) hear(message)
    }
  }

  #source(): Source {
    let listener: ((message: Message) => void) | undefined
    return {
      read: async after => {
        const said = await this.#labels.read(this.#did, after, LABELS_A_BATCH)
        return { messages: said.map(messageOf), seq: said.at(-1)?.seq ?? after }
      },
      join: (hear, seq) => {
        if (seq < this.#told) return false
        listener = hear
        this.#listeners.set(hear, seq)
        return true
      },
      leave: () => {
        if (listener) this.#listeners.delete(listener)
      },
    }
  }
}

function messageOf(said: SaidLabel): Message {
  let bytes: Uint8Array | undefined
  return {
    seq: said.seq,
    encoded: () => {
      bytes ??= encodeLabelFrame(said.seq, [said])
      return bytes
    },
  }
}

function readParams(query: string) {
  try {
    return params.fromURLSearchParams(query)
  } catch (error) {
    throw new QueryError('InvalidRequest', (error as Error).message)
  }
}
