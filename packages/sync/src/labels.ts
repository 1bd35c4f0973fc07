/** Labels as labelers stream them. https://atproto.com/specs/label */
import { encode, toBytes } from '@atcute/cbor'
import { CborError, type CborValue, decodeFirstCbor } from './cbor.ts'
import { isDid } from './frame.ts'
import { type PublicKey, verifySignature } from './signature.ts'

export const LARGEST_LABEL_FRAME = 1024 * 1024
const MOST_CONTAINERS = 20_000
const MOST_LABELS = 1000
const LONGEST_VALUE = 128
const LONGEST_URI = 8192

export interface Label {
  readonly src: string
  /** at-uri of a record, or a DID. */
  readonly uri: string
  readonly cid?: string
  readonly val: string
  /** Takes back an earlier one. */
  readonly neg?: boolean
  /** ISO 8601, in UTC. */
  readonly cts: string
  readonly exp?: string
}

/** A label with what its labeler signed. */
export interface SignedLabel {
  readonly label: Label
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

const VERSION = 1

/** What a labeler signs: the label's DAG-CBOR without its signature. */
export function labelBytes(label: Label): Uint8Array {
  return encode(fieldsOf(label))
}

/** One message of `com.atproto.label.subscribeLabels`. */
export function encodeLabelFrame(
  seq: number,
  labels: readonly Pick<SignedLabel, 'label' | 'signature'>[],
): Uint8Array {
  const body = {
    seq,
    labels: labels.map(({ label, signature }) => ({ ...fieldsOf(label), sig: toBytes(signature) })),
  }
  return Buffer.concat([encode({ op: 1, t: '#labels' }), encode(body)])
}

/** A label as it stands in JSON. */
export function labelJson({ label, signature }: Pick<SignedLabel, 'label' | 'signature'>) {
  return { ...fieldsOf(label), sig: { $bytes: toBytes(signature).$bytes } }
}

/** The fields of the specification, in whatever order; a label that takes nothing back does not say so. */
function fieldsOf({ src, uri, cid, val, neg, cts, exp }: Label) {
  return {
    ver: VERSION,
    src,
    uri,
    ...(cid !== undefined && { cid }),
    val,
    ...(neg && { neg }),
    cts,
    ...(exp !== undefined && { exp }),
  }
}

export type LabelFrame =
  | {
      readonly type: 'labels'
      readonly seq: number
      readonly labels: readonly SignedLabel[]
      /** Labels that are none. */
      readonly malformed: number
    }
  | { readonly type: 'error' | 'info'; readonly name: string; readonly message?: string }
  | { readonly type: 'unknown' }

/**
 * Reads one message of `com.atproto.label.subscribeLabels`.
 * @throws CborError for what is no message
 */
export function decodeLabelFrame(bytes: Uint8Array): LabelFrame {
  if (bytes.length > LARGEST_LABEL_FRAME) throw new CborError(`a message of ${bytes.length} bytes`)
  const header = decodeFirstCbor(bytes, 0, MOST_CONTAINERS)
  const body = decodeFirstCbor(bytes, header.next, MOST_CONTAINERS)
  if (!isMap(header.value) || !isMap(body.value) || body.next !== bytes.length)
    throw new CborError('header and message must be maps')
  const { op, t } = header.value
  const { seq, labels, name, error, message } = body.value
  const said = typeof message === 'string' ? { message: message.slice(0, 500) } : {}
  if (op === -1) return { type: 'error', name: String(error).slice(0, 100), ...said }
  if (t === '#info') return { type: 'info', name: String(name).slice(0, 100), ...said }
  if (op !== 1 || t !== '#labels') return { type: 'unknown' }
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0 || !Array.isArray(labels))
    throw new CborError('labels without a seq or a list')
  const read = labels.slice(0, MOST_LABELS).map(readLabel)
  const good = read.filter(label => label !== undefined)
  return { type: 'labels', seq, labels: good, malformed: labels.length - good.length }
}

/** Whether the labeler's key made the signature: over the label's DAG-CBOR without `sig`. */
export function isSignedLabel({ signed, signature }: SignedLabel, key: PublicKey): boolean {
  return verifySignature(key, signed, signature)
}

/** A label if it is one. Its labeler signed the fields that the specification knows, as they stand, and no others. */
function readLabel(value: CborValue): SignedLabel | undefined {
  if (!isMap(value)) return undefined
  const { sig, ver, src, uri, cid, val, neg, cts, exp } = value
  const fields = Object.entries({ ver, src, uri, cid, val, neg, cts, exp })
  if (ver !== VERSION || !(sig instanceof Uint8Array) || sig.length !== 64) return undefined
  if (typeof src !== 'string' || !isDid(src)) return undefined
  if (typeof uri !== 'string' || uri.length > LONGEST_URI || !/^(did:|at:\/\/)/.test(uri)) return undefined
  if (typeof val !== 'string' || val === '' || val.length > LONGEST_VALUE) return undefined
  const [made, ends] = [timeOf(cts), timeOf(exp)]
  if (made === undefined || (exp !== undefined && ends === undefined)) return undefined
  try {
    return {
      label: {
        src,
        uri,
        val,
        ...(typeof cid === 'string' && { cid }),
        ...(neg === true && { neg }),
        cts: made,
        ...(ends !== undefined && { exp: ends }),
      },
      signed: encode(Object.fromEntries(fields.filter(([, field]) => field !== undefined))),
      signature: sig,
    }
  } catch {
    // It holds what is no data of AT Protocol.
    return undefined
  }
}

function timeOf(value: CborValue | undefined): string | undefined {
  const time = typeof value === 'string' && value.length <= 64 ? Date.parse(value) : Number.NaN
  return Number.isFinite(time) && time >= 0 && time < 253_402_300_800_000
    ? new Date(time).toISOString()
    : undefined
}

const isMap = (value: CborValue | undefined): value is { [key: string]: CborValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
