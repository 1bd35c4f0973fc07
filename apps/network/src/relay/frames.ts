import { fromUint8Array } from '@atcute/car'
import { decode, decodeFirst, encode, fromBytes, isBytes, isCidLink, toBytes } from '@atcute/cbor'

/** Largest frame that the specification of `subscribeRepos` allows. */
export const MAX_FRAME_BYTES = 5_000_000

type Body = Record<string, unknown>

/** What the relay reads of a message; the rest of the body passes through unchanged. */
export interface RepoMessage {
  readonly type: '#commit' | '#sync' | '#identity' | '#account'
  readonly did: string
  /** The host's own sequence number. */
  readonly seq: number
  readonly body: Body
  readonly rev?: string
  /** Rev before, null or absent at a repository's first commit. */
  readonly since?: string | null
  /** CID of the commit block. */
  readonly commit?: string
  readonly touched?: ReadonlySet<string>
  /** Whether a record was deleted, so that a collection may have become empty. */
  readonly deletes?: boolean
  readonly active?: boolean
  readonly status?: string
}

export type Frame =
  | { readonly kind: 'message'; readonly message: RepoMessage }
  | { readonly kind: 'info'; readonly name: string }
  | { readonly kind: 'error'; readonly error: string; readonly message?: string }
  | { readonly kind: 'unknown'; readonly type: string }

/**
 * Reads one frame of a host's firehose.
 * @throws Error that says what is malformed
 */
export function readFrame(bytes: Uint8Array): Frame {
  if (bytes.length > MAX_FRAME_BYTES)
    throw new Error(`frame of ${bytes.length} bytes: at most ${MAX_FRAME_BYTES}`)
  const [header, rest] = decodeFirst(bytes) as [Body, Uint8Array]
  const body = decode(rest) as Body
  if (!isObject(header) || !isObject(body)) throw new Error('frame: header and body must be maps')
  if (header.op === -1) {
    return { kind: 'error', error: text(body, 'error'), message: optionalText(body, 'message') }
  }
  if (header.op !== 1) throw new Error(`frame: op must be 1 or -1, not ${String(header.op)}`)
  switch (header.t) {
    case '#info':
      return { kind: 'info', name: text(body, 'name') }
    case '#commit':
      return { kind: 'message', message: readCommit(body) }
    case '#sync':
      return {
        kind: 'message',
        message: {
          type: '#sync',
          did: did(body, 'did'),
          seq: sequence(body),
          body,
          rev: text(body, 'rev'),
          commit: rootOf(blocks(body)),
        },
      }
    case '#identity':
      return {
        kind: 'message',
        message: { type: '#identity', did: did(body, 'did'), seq: sequence(body), body },
      }
    case '#account':
      if (typeof body.active !== 'boolean') throw new Error('#account: active must be a boolean')
      return {
        kind: 'message',
        message: {
          type: '#account',
          did: did(body, 'did'),
          seq: sequence(body),
          body,
          active: body.active,
          status: optionalText(body, 'status'),
        },
      }
    default:
      return { kind: 'unknown', type: String(header.t) }
  }
}

function readCommit(body: Body): RepoMessage {
  if (!Array.isArray(body.ops) || body.ops.length > 200)
    throw new Error('#commit: ops must be an array of at most 200')
  if (!isCidLink(body.commit)) throw new Error('#commit: commit must be a CID')
  const touched = new Set<string>()
  let deletes = false
  for (const op of body.ops as Body[]) {
    const path = text(op, 'path')
    const slash = path.indexOf('/')
    if (slash < 1) throw new Error(`#commit: path '${path}' is not collection/rkey`)
    if (op.action === 'delete') deletes = true
    else touched.add(path.slice(0, slash))
  }
  return {
    type: '#commit',
    did: did(body, 'repo'),
    seq: sequence(body),
    body,
    rev: text(body, 'rev'),
    since: optionalText(body, 'since') ?? null,
    commit: body.commit.$link,
    touched,
    deletes,
  }
}

/** The same message under the relay's own sequence number. */
export function writeMessage({ type, body }: Pick<RepoMessage, 'type' | 'body'>, seq: number): Uint8Array {
  return join(encode({ op: 1, t: type }), encode({ ...body, seq }))
}

/** `#info` frames tell a subscriber about the stream itself; `OutdatedCursor` is the only name that is defined. */
export function writeInfo(name: string, message: string): Uint8Array {
  return join(encode({ op: 1, t: '#info' }), encode({ name, message }))
}

/** The last frame before the stream is closed. */
export function writeError(error: string, message: string): Uint8Array {
  return join(encode({ op: -1 }), encode({ error, message }))
}

/** A copy of a frame with one bit of its blocks (of the whole frame, where it has none) flipped; `at` is in [0, 1). */
export function flipBit(frame: Uint8Array, at: number): Uint8Array {
  const [header, rest] = decodeFirst(frame) as [Body, Uint8Array]
  const body = decode(rest) as Body
  if (!isBytes(body.blocks)) {
    const copy = new Uint8Array(frame)
    flip(copy, at)
    return copy
  }
  const copy = new Uint8Array(fromBytes(body.blocks))
  if (copy.length > 0) flip(copy, at)
  return join(encode(header), encode({ ...body, blocks: toBytes(copy) }))
}

function flip(bytes: Uint8Array, at: number): void {
  const index = Math.floor(at * bytes.length)
  bytes[index] = (bytes[index] ?? 0) ^ 1
}

function join(header: Uint8Array, body: Uint8Array): Uint8Array {
  return Buffer.concat([header, body])
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function blocks(body: Body): Uint8Array {
  if (!isBytes(body.blocks)) throw new Error('blocks must be bytes')
  return fromBytes(body.blocks)
}

function sequence(body: Body): number {
  if (typeof body.seq !== 'number' || !Number.isSafeInteger(body.seq) || body.seq < 0) {
    throw new Error(`seq must be a whole number, not ${String(body.seq)}`)
  }
  return body.seq
}

function text(body: Body, field: string): string {
  const value = body[field]
  if (typeof value !== 'string' || value.length > 2_048) throw new Error(`${field} must be a short string`)
  return value
}

function optionalText(body: Body, field: string): string | undefined {
  return body[field] === undefined || body[field] === null ? undefined : text(body, field)
}

function did(body: Body, field: string): string {
  const value = text(body, field)
  if (!/^did:[a-z]+:[A-Za-z0-9._:%-]+$/.test(value)) throw new Error(`${field} must be a DID, not '${value}'`)
  return value
}

/** The first root of a CAR file: in `#sync` messages, the commit block. */
function rootOf(car: Uint8Array): string {
  const root = fromUint8Array(car).roots[0]
  if (!root) throw new Error('blocks: the CAR file names no root')
  return root.$link
}
