import { lexParse } from '@atproto/lex-json'
import { ErrorFrame, MessageFrame } from '@atproto/xrpc-server'
import { toJsonText, type UpdateView, updateJson } from '@frost/index/updates'
import { frost } from '@frost/lexicon'

/** How a subscriber reads: the binary event stream of AT Protocol (https://atproto.com/specs/event-stream), or JSON texts. */
export type Encoding = 'cbor' | 'json'
export type Encoded = Uint8Array | string

const { $nsid } = frost.updates.subscribeUpdates

/** One update, written at most once in each encoding however many subscribers there are. */
export class UpdateMessage {
  readonly view: UpdateView
  #cbor: Uint8Array | undefined
  #json: Uint8Array | undefined

  constructor(view: UpdateView) {
    this.view = view
  }

  /** Bytes of either, so that a thousand sockets do not each make them of a text. */
  encoded(encoding: Encoding): Uint8Array {
    if (encoding === 'json') {
      this.#json ??= Buffer.from(`{"$type":"${$nsid}#update",${toJsonText(updateJson(this.view)).slice(1)}`)
      return this.#json
    }
    this.#cbor ??= new MessageFrame(lexParse(toJsonText(updateJson(this.view))), {
      type: '#update',
    }).toBytes()
    return this.#cbor
  }
}

/** A word about the stream. */
export function infoMessage(encoding: Encoding, name: string, message: string): Encoded {
  if (encoding === 'json') return JSON.stringify({ $type: `${$nsid}#info`, name, message })
  return new MessageFrame({ name, message }, { type: '#info' }).toBytes()
}

/** The last message of a stream that ends with an error. */
export function errorMessage(encoding: Encoding, error: string, message: string): Encoded {
  return encoding === 'json'
    ? JSON.stringify({ error, message })
    : new ErrorFrame({ error, message }).toBytes()
}
