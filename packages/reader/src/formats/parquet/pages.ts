import { alpDecode } from 'hyparquet/src/alp.js'
import { ReaderError } from '../../errors.ts'
import { decompress, MAX_PAGE_BYTES } from './codecs.ts'
import {
  Bytes,
  checkObjects,
  readByteStreamSplit,
  readDeltaBytes,
  readDeltaLengths,
  readDeltas,
  readHybrid,
  readPlain,
} from './encodings.ts'
import { ENCODINGS } from './footer.ts'
import type { Leaf, Raw } from './logical.ts'
import { Pieces } from './pieces.ts'
import { countField, readThrift, structField, type ThriftStruct } from './thrift.ts'

/** Parquet's PageHeader (parquet.thrift). */
export interface PageHeader {
  readonly kind: 'data' | 'data v2' | 'dictionary' | 'other'
  /** Bytes of the header itself. */
  readonly length: number
  readonly compressed: number
  readonly uncompressed: number
  readonly values: number
  /** Known before the page is decoded only in version 2. */
  readonly rows: number | undefined
  readonly fields: ThriftStruct
}

/** Of one page: as many levels as values or nulls; `values` are those that are there. */
export interface Page {
  readonly count: number
  /** Absent where every value is there. */
  readonly definition: Uint8Array | undefined
  /** Absent where the column does not repeat. */
  readonly repetition: Uint8Array | undefined
  readonly values: PageValues
}

/** Values as they lie in the page, or as places in the column's dictionary. */
export interface PageValues {
  readonly length: number
  /** Values `[from, to)` in JavaScript's form. */
  convert(from: number, to: number): ArrayLike<unknown>
}

/** What lies in one page, nulls included, at most: 16 Mi dictionary places take 64 MiB. */
const MAX_VALUES = 16 * 1024 * 1024
const KINDS = ['data', 'other', 'dictionary', 'data v2'] as const

/** The header at an offset. @throws {ThriftTruncated} when more bytes are needed. @throws {ReaderError} `Corrupt`. */
export function readPageHeader(bytes: Uint8Array, offset: number): PageHeader {
  const { value, end } = readThrift(bytes, offset)
  const kind = KINDS[Number(value[1])] ?? 'other'
  const fields = structField(value[kind === 'data' ? 5 : kind === 'dictionary' ? 7 : 8])
  if (fields === undefined && kind !== 'other')
    throw new ReaderError('Corrupt', `a Parquet ${kind} page without a header`)
  const values = kind === 'other' ? 0 : countField(fields![1], 'num_values of a page')
  if (values > MAX_VALUES)
    throw new ReaderError('Unsupported', `a Parquet page of ${values} values; ${MAX_VALUES} are read`)
  return {
    kind,
    length: end - offset,
    compressed: countField(value[3], 'compressed_page_size'),
    uncompressed: countField(value[2], 'uncompressed_page_size'),
    values,
    rows: kind === 'data v2' ? countField(fields![3], 'num_rows of a page') : undefined,
    fields: fields ?? {},
  }
}

export function readDictionary(
  header: PageHeader,
  body: Uint8Array,
  codec: string,
  leaf: Leaf,
): ArrayLike<unknown> {
  return decoding(leaf, () => {
    const bytes = decompress(body, header.uncompressed, codec)
    const raw = readPlain(new Bytes(bytes), leaf.physical, header.values, leaf.width)
    if (!(raw instanceof Pieces)) return leaf.convert(raw)
    checkObjects(raw.length)
    return leaf.convert(raw.slice(0, raw.length))
  })
}

export function readDataPage(
  header: PageHeader,
  body: Uint8Array,
  codec: string,
  leaf: Leaf,
  dictionary: ArrayLike<unknown> | undefined,
): Page {
  const read = header.kind === 'data v2' ? readV2 : readV1
  return decoding(leaf, () => read(header, body, codec, leaf, dictionary))
}

/** What decoders that are not ours say of bytes that they cannot read. */
function decoding<T>(leaf: Leaf, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ReaderError) throw error
    throw new ReaderError('Corrupt', `Parquet column '${leaf.path.join('.')}': ${(error as Error).message}`)
  }
}

function readV1(
  header: PageHeader,
  body: Uint8Array,
  codec: string,
  leaf: Leaf,
  dictionary: ArrayLike<unknown> | undefined,
): Page {
  const source = new Bytes(decompress(body, header.uncompressed, codec))
  const levels = (max: number, encoding: unknown) => {
    if (max === 0) return undefined
    if (ENCODINGS[Number(encoding)] === 'BIT_PACKED') return bigEndianLevels(source, max, header.values)
    return readLevels(new Bytes(source.take(source.uint32())), max, header.values)
  }
  const repetition = levels(leaf.repeated, header.fields[4])
  const definition = levels(leaf.defined, header.fields[3])
  const present = presentOf(definition, leaf.defined, header.values)
  const values = valuesOf(source, Number(header.fields[2]), present, leaf, dictionary)
  return {
    count: header.values,
    definition: present === header.values ? undefined : definition,
    repetition,
    values,
  }
}

function readV2(
  header: PageHeader,
  body: Uint8Array,
  codec: string,
  leaf: Leaf,
  dictionary: ArrayLike<unknown> | undefined,
): Page {
  const { fields } = header
  const repetitionBytes = countField(fields[6], 'repetition_levels_byte_length')
  const definitionBytes = countField(fields[5], 'definition_levels_byte_length')
  const levels = new Bytes(body)
  const repetitionPart = levels.take(repetitionBytes)
  const definitionPart = levels.take(definitionBytes)
  const repetition =
    leaf.repeated === 0 ? undefined : readLevels(new Bytes(repetitionPart), leaf.repeated, header.values)
  const definition =
    leaf.defined === 0 ? undefined : readLevels(new Bytes(definitionPart), leaf.defined, header.values)
  const present = presentOf(definition, leaf.defined, header.values)
  const rest = body.subarray(levels.at)
  const size = header.uncompressed - repetitionBytes - definitionBytes
  if (size < 0) throw new ReaderError('Corrupt', 'the levels of a Parquet page are longer than the page')
  const isCompressed = fields[7] !== false && size > 0
  const source = new Bytes(isCompressed ? decompress(rest, size, codec) : rest)
  const values = valuesOf(source, Number(fields[4]), present, leaf, dictionary)
  return {
    count: header.values,
    definition: present === header.values ? undefined : definition,
    repetition,
    values,
  }
}

function readLevels(source: Bytes, max: number, count: number): Uint8Array {
  const levels = readHybrid(source, 32 - Math.clz32(max), new Uint8Array(count))
  for (const level of levels)
    if (level > max)
      throw new ReaderError('Corrupt', `a Parquet level of ${level} where ${max} is the greatest`)
  return levels
}

/** The deprecated BIT_PACKED levels: from the most significant bit on, without a length. */
function bigEndianLevels(source: Bytes, max: number, count: number): Uint8Array {
  const width = 32 - Math.clz32(max)
  const bits = source.take(Math.ceil((count * width) / 8))
  return Uint8Array.from({ length: count }, (_, i) => {
    let level = 0
    for (let bit = i * width; bit < (i + 1) * width; bit++)
      level = (level << 1) | ((bits[bit >> 3]! >> (7 - (bit & 7))) & 1)
    return level
  })
}

function presentOf(definition: Uint8Array | undefined, max: number, count: number): number {
  if (definition === undefined) return count
  let present = 0
  for (const level of definition) if (level === max) present++
  return present
}

function valuesOf(
  source: Bytes,
  encoding: number,
  count: number,
  leaf: Leaf,
  dictionary: ArrayLike<unknown> | undefined,
): PageValues {
  const name = ENCODINGS[encoding]
  if (name === 'RLE_DICTIONARY' || name === 'PLAIN_DICTIONARY')
    return dictionaryValues(source, count, leaf, dictionary)
  const raw = rawValues(source, name ?? `encoding ${encoding}`, count, leaf)
  return {
    length: count,
    convert: (from, to) =>
      leaf.convert(
        Array.isArray(raw) || raw instanceof Pieces
          ? raw.slice(from, to)
          : (raw as Uint8Array).subarray(from, to),
      ),
  }
}

function dictionaryValues(
  source: Bytes,
  count: number,
  leaf: Leaf,
  dictionary: ArrayLike<unknown> | undefined,
): PageValues {
  if (count === 0) return { length: 0, convert: () => [] }
  if (dictionary === undefined)
    throw new ReaderError(
      'Corrupt',
      `Parquet column '${leaf.path.join('.')}' refers to a dictionary that is not there`,
    )
  const places = readHybrid(source, source.byte(), new Uint32Array(count))
  for (const place of places)
    if (place >= dictionary.length)
      throw new ReaderError(
        'Corrupt',
        `Parquet column '${leaf.path.join('.')}' refers to entry ${place} of a dictionary of ${dictionary.length}`,
      )
  return { length: count, convert: (from, to) => looked(places.subarray(from, to), dictionary) }
}

function looked(places: Uint32Array, dictionary: ArrayLike<unknown>): ArrayLike<unknown> {
  if (Array.isArray(dictionary)) return Array.from(places, place => dictionary[place])
  const like = dictionary as Float64Array
  const values = new (like.constructor as Float64ArrayConstructor)(places.length)
  for (let i = 0; i < places.length; i++) values[i] = like[places[i]!]!
  return values
}

function rawValues(source: Bytes, encoding: string, count: number, leaf: Leaf): Raw | Pieces {
  const { physical, width } = leaf
  const isBytes = physical === 'BYTE_ARRAY' || physical === 'FIXED_LEN_BYTE_ARRAY'
  if (count === 0) return readPlain(source, physical, 0, width)
  if (encoding === 'PLAIN') return readPlain(source, physical, count, width)
  if (encoding === 'RLE' && physical === 'BOOLEAN')
    return readHybrid(new Bytes(source.take(source.uint32())), 1, new Uint8Array(count))
  if (encoding === 'DELTA_BINARY_PACKED' && (physical === 'INT32' || physical === 'INT64'))
    return readDeltas(source, count, physical)
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY' && physical === 'BYTE_ARRAY')
    return readDeltaLengths(source, count)
  if (encoding === 'DELTA_BYTE_ARRAY' && isBytes)
    return widthsChecked(readDeltaBytes(source, count, MAX_PAGE_BYTES), leaf)
  if (
    encoding === 'BYTE_STREAM_SPLIT' &&
    physical !== 'BOOLEAN' &&
    physical !== 'BYTE_ARRAY' &&
    physical !== 'INT96'
  )
    return readByteStreamSplit(source, physical, count, width)
  if (encoding === 'ALP' && (physical === 'FLOAT' || physical === 'DOUBLE'))
    return alpDecode({ view: source.view, offset: source.at }, count, physical) as Float32Array | Float64Array
  throw new ReaderError('Unsupported', `Parquet encoding ${encoding} of ${physical} is not read`)
}

function widthsChecked(values: Uint8Array[], leaf: Leaf): Uint8Array[] {
  if (leaf.physical === 'FIXED_LEN_BYTE_ARRAY' && values.some(value => value.length !== leaf.width))
    throw new ReaderError(
      'Corrupt',
      `Parquet column '${leaf.path.join('.')}' holds values of other than ${leaf.width} bytes`,
    )
  return values
}
