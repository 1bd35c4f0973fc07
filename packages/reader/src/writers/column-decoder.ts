import { type Packing, unpack, unpackTime } from '../cf/packing.ts'
import { type Instant, isoTimes } from '../cf/time.ts'
import type { Values } from '../dataset.ts'
import type { Variable } from '../model.ts'
import { momentText } from '../table/moments.ts'

/** Stored values of a variable as those of a table's column. */
export interface Decoder {
  /** Arrow's name. */
  readonly type: string
  /** Whether values stay as they are stored, so that none is missing. */
  readonly exact?: boolean
  decode(values: Values): ArrayLike<unknown>
}

const ARROW: Readonly<Record<string, string>> = {
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  float16: 'halffloat',
  float32: 'float',
  float64: 'double',
  bool: 'bool',
  bytes: 'binary',
}

/** Unpacked, missing values null, times as moments; what needs nothing stays as it is. */
export function decoderOf({ dtype }: Variable, packing: Packing): Decoder {
  const { time } = packing
  if (time !== undefined) return timeDecoder(packing)
  if (dtype.startsWith('complex'))
    return { type: 'utf8', decode: values => complexTexts(values as Float64Array) }
  if (packing.packed)
    return {
      type: 'double',
      decode: values =>
        Array.from(values as ArrayLike<unknown>, value => nan(value) ?? unpack(value, packing)),
    }
  if (packing.turnSign !== undefined) {
    const type = packing.turnSign.to === 'unsigned' ? `u${dtype}` : dtype.slice(1)
    return {
      type,
      decode: values => Array.from(values as ArrayLike<unknown>, value => unpack(value, packing)),
    }
  }
  const type = ARROW[dtype] ?? 'utf8'
  const exact = packing.missing.length === 0 && packing.least === undefined && packing.greatest === undefined
  if (dtype === 'bytes') return { type, decode: values => values }
  if (exact && type !== 'utf8' && dtype !== 'bool') return { type, exact, decode: values => values }
  const keepsNaN = !packing.missing.some(value => Number.isNaN(value))
  return {
    type,
    decode: values =>
      Array.from(
        values as ArrayLike<unknown>,
        value => (keepsNaN ? nan(value) : undefined) ?? unpack(value, packing),
      ),
  }
}

function nan(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isNaN(value) ? value : undefined
}

/** Real calendars become moments since 1970; of model calendars there are only names. */
function timeDecoder(packing: Packing): Decoder {
  const { calendar, unit } = packing.time!
  const instants = (values: Values) =>
    Array.from(values as ArrayLike<unknown>, value => unpackTime(value, packing))
  if (calendar !== 'standard' && calendar !== 'proleptic_gregorian')
    return { type: 'utf8', decode: values => isoTimes(instants(values), calendar) }
  const fine = unit < 1000n
  const text = (instant: Instant | undefined) =>
    instant === undefined
      ? null
      : momentText(fine ? instant : floor(instant, 1000n), fine ? 'ns' : 'us', true)
  return {
    type: fine ? 'timestamp[ns, UTC]' : 'timestamp[us, UTC]',
    decode: values => instants(values).map(text),
  }
}

function floor(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

/** As NumPy writes them: `(1-2j)`. */
function complexTexts(pairs: Float64Array): string[] {
  return Array.from({ length: pairs.length / 2 }, (_, at) => {
    const imaginary = pairs[2 * at + 1]!
    return `(${pairs[2 * at]}${imaginary < 0 || Object.is(imaginary, -0) ? '' : '+'}${imaginary}j)`
  })
}
