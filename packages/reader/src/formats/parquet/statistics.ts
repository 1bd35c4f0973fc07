import type { Bounds } from '../../table/predicate.ts'
import { kindOf } from '../../table/types.ts'
import type { RawStatistics } from './footer.ts'
import type { Leaf, Raw } from './logical.ts'

/** What statistics say of a leaf's values, in the form the column's values have. */
export function boundsOf(leaf: Leaf, raw: RawStatistics | undefined, rows: number): Bounds {
  if (raw === undefined) return { rows }
  const signed = leaf.signedOrder && (raw.min === undefined || raw.max === undefined)
  const min = boundOf(leaf, signed ? (raw.min ?? raw.signedMin) : raw.min)
  const max = boundOf(leaf, signed ? (raw.max ?? raw.signedMax) : raw.max)
  return {
    rows,
    ...(raw.nulls !== undefined && { nulls: raw.nulls }),
    ...(min !== undefined && max !== undefined && { min, max }),
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One bound; undefined where it says nothing: NaN, or text that was cut within a character. */
export function boundOf(leaf: Leaf, bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) return undefined
  const kind = kindOf(leaf.type)
  if (kind === 'nested' || kind === 'null' || leaf.physical === 'INT96') return undefined
  if (kind === 'text' && leaf.physical === 'BYTE_ARRAY') {
    try {
      return strict.decode(bytes)
    } catch {
      return undefined
    }
  }
  const raw = rawOf(leaf, bytes)
  const value = raw === undefined ? undefined : leaf.convert(raw)[0]
  return typeof value === 'number' && Number.isNaN(value) ? undefined : value
}

function rawOf(leaf: Leaf, bytes: Uint8Array): Raw | undefined {
  const buffer = new Uint8Array(bytes).buffer
  switch (leaf.physical) {
    case 'BOOLEAN':
      return bytes.length === 1 ? Uint8Array.of(bytes[0]! & 1) : undefined
    case 'INT32':
      return bytes.length === 4 ? new Int32Array(buffer) : undefined
    case 'FLOAT':
      return bytes.length === 4 ? new Float32Array(buffer) : undefined
    case 'INT64':
      return bytes.length === 8 ? new BigInt64Array(buffer) : undefined
    case 'DOUBLE':
      return bytes.length === 8 ? new Float64Array(buffer) : undefined
    case 'FIXED_LEN_BYTE_ARRAY':
      return bytes.length === leaf.width ? [bytes] : undefined
    default:
      return [bytes]
  }
}
