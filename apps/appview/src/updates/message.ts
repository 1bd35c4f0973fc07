import { lexParse } from '@atproto/lex-json'
import { MessageFrame } from '@atproto/xrpc-server'
import { toJsonText, type UpdateView, updateJson } from '@frost/index/updates'
import { frost } from '@frost/lexicon'
import type { Encoded, Encoding, Message } from '../streams/stream.ts'

const { $nsid } = frost.updates.subscribeUpdates

/** One update, written at most once in each encoding however many subscribers there are. */
export class UpdateMessage implements Message {
  readonly view: UpdateView
  #cbor: Uint8Array | undefined
  #json: Uint8Array | undefined

  constructor(view: UpdateView) {
    this.view = view
  }

  get seq(): number {
    return this.view.seq
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
