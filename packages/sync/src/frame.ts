/**
 * Frames of `com.atproto.sync.subscribeRepos`: two DAG-CBOR values, a header and a message.
 * https://atproto.com/specs/event-stream, https://atproto.com/specs/sync
 */
import { CborError, type CborValue, CidLink, decodeFirstCbor } from './cbor.ts'
import type { BinaryCid } from './cid.ts'
import { isTid } from './tid.ts'

/** Limits of the specification. */
export const LIMITS = {
  frameBytes: 5_000_000,
  blocksBytes: 2_000_000,
  operations: 200,
  recordBytes: 1_000_000,
} as const

/** Lists and maps of one message: a commit of 200 writes has some 200. */
const MAX_CONTAINERS = 100_000

export class FrameError extends Error {
  override readonly name = 'FrameError'
  /** Short, stable: what the counters call it. */
  readonly reason: string
  /** The frame's sequence number and account where they could be read: the cursor moves past it. */
  readonly seq: number | undefined
  readonly did: string | undefined
  constructor(reason: string, message: string, seq?: number, did?: string) {
    super(message)
    this.reason = reason
    this.seq = seq
    this.did = did
  }
}

export interface CommitOperation {
  readonly action: 'create' | 'update' | 'delete'
  /** `collection/rkey`, valid. */
  readonly path: string
  readonly collection: string
  readonly rkey: string
  readonly cid?: BinaryCid
  /** CID before; hosts that do not say (the older protocol) force a resync. */
  readonly previous?: BinaryCid
}

interface Numbered {
  readonly seq: number
  readonly did: string
  readonly time: string
}

export interface CommitMessage extends Numbered {
  readonly type: 'commit'
  readonly rev: string
  readonly since: string | undefined
  readonly commit: BinaryCid
  /** Root of the MST before. */
  readonly previousData: BinaryCid | undefined
  readonly blocks: Uint8Array
  readonly frameBytes: number
  readonly operations: readonly CommitOperation[]
  /** The older protocol left out what was too large; such a commit can only be resynced. */
  readonly tooBig: boolean
}

export interface SyncMessage extends Numbered {
  readonly type: 'sync'
  readonly rev: string
  /** A view: whoever holds it holds the whole frame. */
  readonly blocks: Uint8Array
  readonly frameBytes: number
}

export interface IdentityMessage extends Numbered {
  readonly type: 'identity'
}

export interface AccountMessage extends Numbered {
  readonly type: 'account'
  readonly active: boolean
  readonly status: string | undefined
}

export type RepoMessage = CommitMessage | SyncMessage | IdentityMessage | AccountMessage

export type Frame =
  | RepoMessage
  | { readonly type: 'info'; readonly name: string; readonly message: string | undefined }
  | { readonly type: 'error'; readonly error: string; readonly message: string | undefined }
  /** A message of a later protocol: counted, and the cursor moves past it. */
  | { readonly type: 'unknown'; readonly name: string; readonly seq: number | undefined }

type Fields = { [key: string]: CborValue }

const didPattern = /^did:[a-z]+:[a-zA-Z0-9._:%-]+$/

export function isDid(text: string): boolean {
  return text.length <= 2048 && didPattern.test(text) && !text.endsWith(':') && !text.endsWith('%')
}

const nsidPattern =
  /^[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+\.[a-zA-Z][a-zA-Z0-9]{0,62}$/
const rkeyPattern = /^[a-zA-Z0-9_~.:-]{1,512}$/
/** NSIDs repeat: the few that a network uses are tested once. */
const knownNsids = new Set<string>()

export function isNsid(text: string): boolean {
  if (knownNsids.has(text)) return true
  const valid = text.length <= 317 && nsidPattern.test(text)
  if (valid && knownNsids.size < 10_000) knownNsids.add(text)
  return valid
}

/** Splits `collection/rkey`, or undefined if it is not one. https://atproto.com/specs/record-key */
export function parsePath(path: string): { collection: string; rkey: string } | undefined {
  const slash = path.indexOf('/')
  if (slash < 0) return undefined
  const collection = path.slice(0, slash)
  const rkey = path.slice(slash + 1)
  if (!rkeyPattern.test(rkey) || rkey === '.' || rkey === '..' || !isNsid(collection)) return undefined
  return { collection, rkey }
}

function isFields(value: CborValue | undefined): value is Fields {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof CidLink)
  )
}

/**
 * Decodes one frame and checks the shape of its message, without any look into its blocks. Fields of the older protocol
 * (`rebase`, `tooBig`, `blobs`, `prev`) are ignored.
 * @throws FrameError
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length > LIMITS.frameBytes)
    throw new FrameError('frame-size', `frame of ${bytes.length} bytes: at most ${LIMITS.frameBytes}`)
  let header: CborValue
  let body: CborValue
  try {
    const first = decodeFirstCbor(bytes, 0, MAX_CONTAINERS)
    header = first.value
    const second = decodeFirstCbor(bytes, first.next, MAX_CONTAINERS)
    body = second.value
    if (second.next !== bytes.length) throw new CborError('bytes follow the message')
  } catch (error) {
    if (error instanceof CborError) throw new FrameError('frame-cbor', `frame: ${error.message}`)
    throw error
  }
  if (!isFields(header) || !isFields(body))
    throw new FrameError('frame-shape', 'frame: header and message must be maps')
  if (header.op === -1) {
    return {
      type: 'error',
      error: typeof body.error === 'string' ? body.error.slice(0, 200) : 'Unknown',
      message: typeof body.message === 'string' ? body.message.slice(0, 500) : undefined,
    }
  }
  if (header.op !== 1 || typeof header.t !== 'string')
    throw new FrameError('frame-shape', 'frame: op must be 1 with a type t, or -1')
  const message = new MessageReader(body, header.t, bytes.length)
  switch (header.t) {
    case '#commit':
      return message.commit()
    case '#sync':
      return { type: 'sync', ...message.numbered('did'), rev: message.tid('rev'), ...message.blocks() }
    case '#identity':
      return { type: 'identity', ...message.numbered('did') }
    case '#account': {
      if (typeof body.active !== 'boolean') throw message.wrong('active', 'must be true or false')
      const status = typeof body.status === 'string' ? body.status.slice(0, 100) : undefined
      return { type: 'account', ...message.numbered('did'), active: body.active, status }
    }
    case '#info':
      return {
        type: 'info',
        name: typeof body.name === 'string' ? body.name.slice(0, 200) : '',
        message: typeof body.message === 'string' ? body.message.slice(0, 500) : undefined,
      }
    default:
      return {
        type: 'unknown',
        name: header.t.slice(0, 100),
        seq: typeof body.seq === 'number' && body.seq >= 0 ? body.seq : undefined,
      }
  }
}

class MessageReader {
  private readonly fields: Fields
  private readonly type: string
  private readonly frameBytes: number

  constructor(fields: Fields, type: string, frameBytes: number) {
    this.fields = fields
    this.type = type
    this.frameBytes = frameBytes
  }

  wrong(field: string, why: string, reason = 'frame-shape'): FrameError {
    const { seq, did, repo } = this.fields
    const account = did ?? repo
    return new FrameError(
      reason,
      `${this.type}.${field} ${why}`,
      typeof seq === 'number' && seq >= 0 ? seq : undefined,
      typeof account === 'string' && isDid(account) ? account : undefined,
    )
  }

  numbered(didField: 'did' | 'repo'): Numbered {
    const { seq, time, [didField]: did } = this.fields
    if (typeof seq !== 'number' || seq < 0) throw this.wrong('seq', 'must be a whole number from 0')
    if (typeof did !== 'string' || !isDid(did)) throw this.wrong(didField, 'must be a DID')
    if (typeof time !== 'string' || time.length > 64) throw this.wrong('time', 'must be a time')
    return { seq, did, time }
  }

  tid(field: string): string {
    const value = this.fields[field]
    if (typeof value !== 'string' || !isTid(value)) throw this.wrong(field, 'must be a TID')
    return value
  }

  private link(value: CborValue | undefined, field: string): BinaryCid | undefined {
    if (value === undefined || value === null) return undefined
    if (!(value instanceof CidLink)) throw this.wrong(field, 'must be a link')
    return value.cid
  }

  blocks(): Pick<SyncMessage, 'blocks' | 'frameBytes'> {
    const { blocks } = this.fields
    if (!(blocks instanceof Uint8Array)) throw this.wrong('blocks', 'must be bytes')
    if (blocks.length > LIMITS.blocksBytes)
      throw this.wrong('blocks', `has ${blocks.length} bytes, at most ${LIMITS.blocksBytes}`, 'blocks-size')
    return { blocks, frameBytes: this.frameBytes }
  }

  commit(): CommitMessage {
    const numbered = this.numbered('repo')
    const { since, ops, tooBig, prevData } = this.fields
    if (since !== null && since !== undefined && (typeof since !== 'string' || !isTid(since)))
      throw this.wrong('since', 'must be a TID or null')
    const commit = this.link(this.fields.commit, 'commit')
    if (commit === undefined) throw this.wrong('commit', 'must be a link')
    if (!Array.isArray(ops)) throw this.wrong('ops', 'must be a list')
    if (ops.length > LIMITS.operations)
      throw this.wrong('ops', `has ${ops.length} items, at most ${LIMITS.operations}`, 'operation-count')
    return {
      type: 'commit',
      ...numbered,
      rev: this.tid('rev'),
      since: since ?? undefined,
      commit,
      previousData: this.link(prevData, 'prevData'),
      ...this.blocks(),
      operations: ops.map(op => this.operation(op)),
      tooBig: tooBig === true,
    }
  }

  private operation(op: CborValue): CommitOperation {
    if (!isFields(op)) throw this.wrong('ops', 'must hold maps')
    const { action, path } = op
    if (action !== 'create' && action !== 'update' && action !== 'delete')
      throw this.wrong('ops.action', 'must be create, update or delete')
    const parts = typeof path === 'string' ? parsePath(path) : undefined
    if (parts === undefined) throw this.wrong('ops.path', 'must be collection/rkey')
    const cid = this.link(op.cid, 'ops.cid')
    if ((cid === undefined) !== (action === 'delete'))
      throw this.wrong('ops.cid', 'must be there unless the record is deleted')
    const previous = this.link(op.prev, 'ops.prev')
    if (action === 'create' && previous !== undefined)
      throw this.wrong('ops.prev', 'must be absent where a record is created')
    return { action, path: path as string, ...parts, cid, previous }
  }
}
