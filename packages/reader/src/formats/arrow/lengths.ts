import { ReaderError } from '../../errors.ts'

/** What the decoder makes of one column of one record batch; only what is looked at here. */
export interface DecodedBatch {
  readonly length: number
  readonly validity?: Uint8Array
  readonly nullCount: number
  readonly values?: { readonly length: number }
  readonly offsets?: ArrayLike<number | bigint>
  readonly sizes?: ArrayLike<number | bigint>
  readonly typeIds?: { readonly length: number }
  readonly stride?: number
  readonly children?: readonly DecodedBatch[]
  readonly type?: { readonly bitWidth?: number }
  readonly constructor: { readonly name: string }
}

const MAX_DEPTH = 64

/**
 * That buffers are as long as the lengths say, and that what points elsewhere points to what is there: the decoder reads on behind
 * the end without a word, and makes a list of whatever length it is told. Layouts: Columnar.md of Apache Arrow.
 * @throws {ReaderError} `Corrupt`, `Unsupported`
 */
export function checkLengths(batch: DecodedBatch, depth = 0): void {
  const { length, validity, nullCount, offsets, sizes, typeIds, children = [] } = batch
  const name = batch.constructor.name
  if (depth > MAX_DEPTH) throw new ReaderError('Unsupported', `Arrow types nested deeper than ${MAX_DEPTH}`)
  if (nullCount > 0 && validity !== undefined && length > validity.length * 8 && name !== 'NullBatch')
    throw short('validity')
  if (typeIds && typeIds.length < length) throw short('type ids')
  if (/Union/.test(name)) {
    if (offsets && offsets.length < length) throw short('offsets')
    if (offsets) within(offsets, length, Math.max(0, ...children.map(child => child.length - 1)))
    else for (const child of children) if (child.length < length) throw short('values')
  } else if (sizes && offsets) {
    if (offsets.length < length || sizes.length < length) throw short('offsets')
    const end = children[0]?.length ?? 0
    for (let at = 0; at < length; at++) {
      const [start, size] = [Number(offsets[at]), Number(sizes[at])]
      if (start < 0 || size < 0 || start + size > end) throw short('values')
    }
  } else if (/Struct/.test(name)) {
    for (const child of children) if (child.length < length) throw short('values')
  } else if (/FixedList/.test(name)) {
    if ((children[0]?.length ?? 0) < length * (batch.stride ?? 1)) throw short('values')
  } else if (offsets && length > 0 && !/View/.test(name)) {
    if (offsets.length <= length) throw short('offsets')
    rising(offsets, length, batch.values?.length ?? children[0]?.length ?? 0)
  } else if (batch.values && batch.values.length < needed(batch, name)) throw short('values')
  for (const child of children) checkLengths(child, depth + 1)
}

/** Elements of the values' buffer that so many rows take. */
function needed({ length, stride, type }: DecodedBatch, name: string): number {
  if (/Bool/.test(name)) return Math.ceil(length / 8)
  if (/View/.test(name) || /MonthDayNano/.test(name)) return length * 16
  if (/DayTime/.test(name)) return length * 2
  if (/Decimal/.test(name) && !/Decimal32/.test(name)) return (length * (type?.bitWidth ?? 64)) / 64
  return length * (stride ?? 1)
}

/** The first of a batch that was cut out of a larger one need not be 0. */
function rising(offsets: ArrayLike<number | bigint>, length: number, end: number): void {
  let before = Number(offsets[0])
  if (before < 0) throw short('values')
  for (let at = 1; at <= length; at++) {
    const next = Number(offsets[at])
    if (next < before) throw new ReaderError('Corrupt', 'offsets of the Arrow data fall')
    before = next
  }
  if (before > end) throw short('values')
}

function within(offsets: ArrayLike<number | bigint>, length: number, last: number): void {
  for (let at = 0; at < length; at++) {
    const offset = Number(offsets[at])
    if (offset < 0 || offset > last) throw short('values')
  }
}

function short(what: string): ReaderError {
  return new ReaderError('Corrupt', `a column of the Arrow data has too few ${what}`)
}
