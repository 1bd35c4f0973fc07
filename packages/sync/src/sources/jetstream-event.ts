/** What a Jetstream says: one event as JSON, and the record in it as the DAG-CBOR that its CID names. */
import { encode } from '@atcute/cbor'
import { isWellFormedRecord } from '../cbor.ts'
import { cidFromText, cidOfBlock, cidToText } from '../cid.ts'
import type { CommitEvent, RecordChange } from '../events.ts'
import { type AccountMessage, FrameError, type IdentityMessage, isDid, LIMITS, parsePath } from '../frame.ts'
import { isTid } from '../tid.ts'
import { isPlausibleRev } from '../verify.ts'

/** `seq` is the event's `time_us`: microseconds since 1970. */
export type JetstreamEvent =
  | { readonly type: 'commit'; readonly seq: number; readonly time: string; readonly event: CommitEvent }
  | IdentityMessage
  | AccountMessage
  | { readonly type: 'unknown'; readonly name: string; readonly seq: number }

type Fields = Record<string, unknown>

const NO_BYTES = new Uint8Array(0)
/** Milliseconds that a server's clock may be ahead of this one. */
const MAX_AHEAD = 5 * 60_000

/**
 * Reads one event of Jetstream's `/subscribe`. A record that does not encode to its CID is `malformed`, without bytes.
 * @param now milliseconds since 1970
 * @throws FrameError that names the field
 */
export function parseJetstreamEvent(text: string, now: number): JetstreamEvent {
  let fields: Fields
  try {
    fields = JSON.parse(text) as Fields
  } catch {
    throw new FrameError('jetstream-json', 'Jetstream event: not JSON')
  }
  const { did, time_us: seq, kind } = fields ?? {}
  if (!Number.isSafeInteger(seq) || (seq as number) < 0)
    throw new FrameError('jetstream-shape', `Jetstream event: time_us is '${String(seq).slice(0, 30)}'`)
  const number = seq as number
  // It becomes the cursor: one from the future would skip what comes until then.
  if (number > (now + MAX_AHEAD) * 1000)
    throw new FrameError('jetstream-time', `Jetstream event: time_us ${number} is over 5 minutes ahead`)
  if (typeof did !== 'string' || !isDid(did))
    throw new FrameError('jetstream-shape', 'Jetstream event: did must be a DID', number)
  const time = new Date(number / 1000).toISOString()
  switch (kind) {
    case 'commit': {
      const changes = [readChange(asFields(fields.commit), wrong)]
      const { rev } = asFields(fields.commit)
      if (typeof rev !== 'string' || !isTid(rev) || !isPlausibleRev(rev, now))
        throw wrong('commit.rev', 'must be a TID, at most 5 minutes ahead')
      return {
        type: 'commit',
        seq: number,
        time,
        event: {
          type: 'commit',
          did,
          rev,
          time: new Date(now).toISOString(),
          changes,
          origin: 'trusted',
        },
      }
    }
    case 'identity':
      return { type: 'identity', seq: number, did, time }
    case 'account': {
      const { active, status } = asFields(fields.account)
      if (typeof active !== 'boolean') throw wrong('account.active', 'must be true or false')
      const named = typeof status === 'string' ? status.slice(0, 100) : undefined
      return { type: 'account', seq: number, did, time, active, status: named }
    }
    default:
      return { type: 'unknown', name: String(kind).slice(0, 100), seq: number }
  }

  function wrong(field: string, why: string): FrameError {
    return new FrameError('jetstream-shape', `Jetstream event: ${field} ${why}`, number, did as string)
  }
}

function readChange(commit: Fields, wrong: (field: string, why: string) => FrameError): RecordChange {
  const { operation, collection, rkey, cid, record } = commit
  const parts =
    typeof collection === 'string' && typeof rkey === 'string'
      ? parsePath(`${collection}/${rkey}`)
      : undefined
  if (!parts) throw wrong('commit.collection and commit.rkey', 'must be an NSID and a record key')
  if (operation === 'delete') return { action: operation, ...parts }
  if (operation !== 'create' && operation !== 'update')
    throw wrong('commit.operation', 'must be create, update or delete')
  let named: string
  try {
    named = cidFromText(cid as string)
  } catch {
    throw wrong('commit.cid', 'must be a CID')
  }
  const bytes = encodeRecord(record)
  const change = { action: operation, ...parts, cid: cidToText(named) } as const
  if (bytes && cidOfBlock(bytes) === named) return { ...change, bytes }
  return { ...change, bytes: NO_BYTES, malformed: true }
}

/** Canonical DAG-CBOR of a record in JSON, undefined where it has none. */
function encodeRecord(record: unknown): Uint8Array | undefined {
  try {
    const bytes = encode(record)
    return bytes.length <= LIMITS.recordBytes && isWellFormedRecord(bytes) ? bytes : undefined
  } catch {
    return undefined
  }
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}
