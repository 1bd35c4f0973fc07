import { ReaderError } from '../../errors.ts'
import { metadataPairs, type SchemaNode, schemaOf } from './schema.ts'
import {
  bytesField,
  countField,
  listField,
  optionalCount,
  readThrift,
  structField,
  type Thrift,
  type ThriftStruct,
  ThriftTruncated,
  textField,
} from './thrift.ts'

/** Parquet's FileMetaData (parquet.thrift), held against the file's size. */
export interface Footer {
  readonly version: number
  readonly columns: readonly SchemaNode[]
  readonly leaves: readonly SchemaNode[]
  readonly rows: number
  readonly rowGroups: readonly RowGroup[]
  readonly metadata: ReadonlyMap<string, string>
  readonly createdBy: string | undefined
}

export interface RowGroup {
  readonly rows: number
  /** In the order of the leaves. */
  readonly chunks: readonly Chunk[]
  /** Of `_metadata` files: the file that holds the group, below the folder. */
  readonly file: string | undefined
}

export interface Chunk {
  readonly codec: string
  readonly encodings: readonly string[]
  /** Nulls and, in lists, every element counted. */
  readonly values: number
  readonly start: number
  readonly end: number
  /** Where the data pages begin; the dictionary, if any, lies before. */
  readonly dataStart: number
  readonly uncompressed: number
  readonly statistics: RawStatistics | undefined
  readonly boundingBox: readonly [number, number, number, number] | undefined
  readonly offsetIndex: Place | undefined
  readonly columnIndex: Place | undefined
}

export interface Place {
  readonly start: number
  readonly end: number
}

export interface RawStatistics {
  readonly nulls: number | undefined
  readonly min: Uint8Array | undefined
  readonly max: Uint8Array | undefined
  /** The older fields, whose order is only right for signed numbers. */
  readonly signedMin: Uint8Array | undefined
  readonly signedMax: Uint8Array | undefined
  readonly exact: boolean
}

export const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'] as const
export const ENCODINGS = [
  'PLAIN',
  'GROUP_VAR_INT',
  'PLAIN_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT',
  'ALP',
] as const

/**
 * The footer, from its own bytes (without length and magic).
 * @param size of the file, for what the footer says of places in it; undefined where they lie in other files
 * @throws {ReaderError} `Corrupt`, `Unsupported`.
 */
export function footerOf(bytes: Uint8Array, size: number | undefined): Footer {
  const fields = parsed(bytes)
  if (fields[8] !== undefined) throw new ReaderError('Unsupported', 'the Parquet columns are encrypted')
  const { columns, leaves } = schemaOf(listField(fields[2]))
  const rowGroups = listField(fields[4]).map((group, at) =>
    rowGroupOf(structField(group) ?? {}, at, leaves, size),
  )
  // Some writers leave num_rows 0: the row groups count.
  const rows =
    rowGroups.length === 0
      ? countField(fields[3], 'num_rows')
      : rowGroups.reduce((sum, group) => sum + group.rows, 0)
  return {
    version: Number(fields[1] ?? 1),
    columns,
    leaves,
    rows,
    rowGroups,
    metadata: metadataPairs(fields[5]),
    createdBy: textField(fields[6]),
  }
}

function parsed(bytes: Uint8Array): ThriftStruct {
  try {
    return readThrift(bytes).value
  } catch (error) {
    if (error instanceof ThriftTruncated) throw new ReaderError('Corrupt', 'the Parquet footer is cut off')
    throw error
  }
}

function rowGroupOf(
  fields: ThriftStruct,
  at: number,
  leaves: readonly SchemaNode[],
  size: number | undefined,
): RowGroup {
  const columns = listField(fields[1])
  if (columns.length !== leaves.length)
    throw new ReaderError(
      'Corrupt',
      `row group ${at} has ${columns.length} columns, the schema ${leaves.length}`,
    )
  const chunks = columns.map((column, index) => {
    const path = leaves[index]!.leaf!.path.join('.')
    return chunkOf(structField(column) ?? {}, `row group ${at}, column '${path}'`, size)
  })
  return {
    rows: countField(fields[3], `row group ${at}: num_rows`),
    chunks,
    file: textField(structField(columns[0])?.[1]),
  }
}

function chunkOf(fields: ThriftStruct, where: string, size: number | undefined): Chunk {
  const meta = structField(fields[3])
  if (meta === undefined) {
    if (fields[8] !== undefined) throw new ReaderError('Unsupported', `${where} is encrypted`)
    throw new ReaderError('Corrupt', `${where} has no metadata`)
  }
  const dataStart = countField(meta[9], `${where}: data_page_offset`)
  const dictionary = optionalCount(meta[11], `${where}: dictionary_page_offset`)
  const start = dictionary !== undefined && dictionary > 0 && dictionary < dataStart ? dictionary : dataStart
  const length = countField(meta[7], `${where}: total_compressed_size`)
  const chunk = {
    codec: CODECS[Number(meta[4])] ?? `codec ${meta[4]}`,
    encodings: listField(meta[2]).map(encoding => ENCODINGS[Number(encoding)] ?? `encoding ${encoding}`),
    values: countField(meta[5], `${where}: num_values`),
    start,
    end: start + length,
    dataStart,
    uncompressed: countField(meta[6], `${where}: total_uncompressed_size`),
    statistics: statisticsOf(structField(meta[12])),
    boundingBox: boundingBoxOf(structField(structField(meta[17])?.[1])),
    offsetIndex: placeOf(fields[4], fields[5], `${where}: offset index`, size),
    columnIndex: placeOf(fields[6], fields[7], `${where}: column index`, size),
  }
  if (size !== undefined && textField(fields[1]) === undefined && chunk.end > size)
    throw new ReaderError('Corrupt', `${where} ends at byte ${chunk.end}, the file at ${size}`)
  return chunk
}

function placeOf(
  offset: Thrift | undefined,
  length: Thrift | undefined,
  what: string,
  size: number | undefined,
) {
  const start = optionalCount(offset, what)
  const bytes = optionalCount(length, what)
  if (start === undefined || bytes === undefined || start === 0 || bytes === 0) return undefined
  if (size !== undefined && start + bytes > size) return undefined
  return { start, end: start + bytes }
}

function statisticsOf(fields: ThriftStruct | undefined): RawStatistics | undefined {
  if (fields === undefined) return undefined
  return {
    nulls: typeof fields[3] === 'number' && fields[3] >= 0 ? fields[3] : undefined,
    min: bytesField(fields[6]),
    max: bytesField(fields[5]),
    signedMin: bytesField(fields[2]),
    signedMax: bytesField(fields[1]),
    exact: fields[7] !== false && fields[8] !== false,
  }
}

function boundingBoxOf(fields: ThriftStruct | undefined): Chunk['boundingBox'] {
  const [west, east, south, north] = [fields?.[1], fields?.[2], fields?.[3], fields?.[4]].map(Number)
  return [west, south, east, north].every(value => Number.isFinite(value))
    ? [west!, south!, east!, north!]
    : undefined
}
