import { ErrorFrame } from '@atproto/xrpc-server'

/** How a subscriber reads: the binary event stream of AT Protocol (https://atproto.com/specs/event-stream), or JSON texts. */
export type Encoding = 'cbor' | 'json'
export type Encoded = Uint8Array | string

/** What is sent, in its place. */
export interface Message {
  readonly seq: number
  encoded(encoding: Encoding): Uint8Array
}

/** What one subscriber asked for: who is behind reads it at a pace of their own, and joins when nothing lies between. */
export interface Source {
  /** Reads on from a seq; how far was read is not beyond `after` when there is nothing more. */
  read(after: number): Promise<{ readonly messages: readonly Message[]; readonly seq: number }>
  /** Hears from now on, who has everything up to `seq`; false if more than that was told already: read on first. */
  join(hear: (message: Message) => void, seq: number): boolean
  leave(): void
}

/** A subscription of a lexicon. */
export interface Stream {
  readonly nsid: string
  encoding(query: string): Encoding
  /**
   * What a query asks for, from which seq on.
   * @param tell sends something before
   * @throws QueryError that the subscriber is told as the reason why the stream ends
   */
  open(
    query: string,
    tell: (message: Encoded) => void,
  ): Promise<{ readonly source: Source; readonly seq: number }>
}

/** The last message of a stream that ends with an error. */
export function errorMessage(encoding: Encoding, error: string, message: string): Encoded {
  return encoding === 'json'
    ? JSON.stringify({ error, message })
    : new ErrorFrame({ error, message }).toBytes()
}
