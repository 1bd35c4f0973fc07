import { ReaderError } from '../../errors.ts'
import { inflateBounded } from '../../objects/inflate.ts'
import { parseJson } from '../../table/json.ts'

/**
 * Avro object container files (Avro 1.12, "Object Container Files"), as Iceberg's manifests are: records as objects, long as
 * bigint, bytes and fixed as Uint8Array, maps as Map.
 */
export interface AvroFile {
  readonly metadata: ReadonlyMap<string, string>
  readonly records: readonly Readonly<Record<string, unknown>>[]
}

type AvroSchema = string | readonly AvroSchema[] | AvroObject

interface AvroObject {
  readonly type: AvroSchema
  readonly name?: string
  readonly fields?: readonly { readonly name: string; readonly type: AvroSchema }[]
  readonly items?: AvroSchema
  readonly values?: AvroSchema
  readonly size?: number
  readonly symbols?: readonly string[]
}

const MAX_BLOCK = 256 * 1024 * 1024
/** Records and items of their lists, of all blocks together. */
const MAX_ITEMS = 2_000_000
const MAX_DEPTH = 32

/** @throws {ReaderError} `Corrupt`, `Unsupported`. */
export function readAvro(bytes: Uint8Array): AvroFile {
  try {
    return fileOf(bytes)
  } catch (error) {
    // A schema of another shape than Avro's shows itself as it is followed.
    throw error instanceof TypeError ? corrupt('has a schema that is none') : error
  }
}

function fileOf(bytes: Uint8Array): AvroFile {
  const source = new AvroBytes(bytes)
  if (Buffer.from(source.take(4)).toString('latin1') !== 'Obj\x01')
    throw corrupt('does not begin as Avro files do')
  const metadata = new Map<string, string>()
  source.blocks(() => {
    const key = source.text()
    metadata.set(key, source.text())
  })
  const sync = Buffer.from(source.take(16))
  const schema = schemaOf(metadata.get('avro.schema'))
  const codec = metadata.get('avro.codec') ?? 'null'
  const records: Record<string, unknown>[] = []
  const items = { left: MAX_ITEMS }
  while (!source.ended) {
    const count = source.count('records')
    const block = expanded(source.take(source.count('bytes')), codec)
    if (!sync.equals(source.take(16))) throw corrupt('has a block without its sync marker')
    const inner = new AvroBytes(block, items)
    inner.claim(count)
    for (let i = 0; i < count; i++) {
      const record = inner.value(schema, 0, new Map())
      if (typeof record !== 'object' || record === null) throw corrupt('holds no records')
      records.push(record as Record<string, unknown>)
    }
  }
  return { metadata, records }
}

function schemaOf(text: string | undefined): AvroSchema {
  try {
    return parseJson(text ?? '') as AvroSchema
  } catch {
    throw corrupt('has no schema')
  }
}

function expanded(bytes: Uint8Array, codec: string): Uint8Array {
  if (codec === 'null') return bytes
  if (codec === 'deflate') return inflateBounded('deflate', bytes, MAX_BLOCK)
  if (codec === 'zstandard') return inflateBounded('zstd', bytes, MAX_BLOCK)
  throw new ReaderError('Unsupported', `Avro blocks compressed with ${codec} are not read`)
}

class AvroBytes {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #items: { left: number }
  #at = 0

  constructor(bytes: Uint8Array, items = { left: MAX_ITEMS }) {
    this.#bytes = bytes
    this.#items = items
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length
  }

  take(length: number): Uint8Array {
    if (length < 0 || this.#at + length > this.#bytes.length) throw corrupt('ends too early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  long(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const part = this.take(1)[0]!
      value |= BigInt(part & 0x7f) << shift
      if (part < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
    }
    throw corrupt('holds a number of more than 64 bits')
  }

  count(what: string): number {
    const value = this.long()
    if (value < 0n || value > 0x7fffffffn) throw corrupt(`says ${value} ${what}`)
    return Number(value)
  }

  text(): string {
    return Buffer.from(this.take(this.count('characters'))).toString('utf8')
  }

  /**
   * Room for so many items to come, each of a byte at least: items of no bytes (null) could be claimed without end.
   * @throws {ReaderError} `Corrupt`, `Unsupported`
   */
  claim(count: number): void {
    if (count > this.#bytes.length - this.#at) throw corrupt(`says ${count} items where fewer bytes are`)
    this.#items.left -= count
    if (this.#items.left < 0)
      throw new ReaderError('Unsupported', `an Avro file of more than ${MAX_ITEMS} items`)
  }

  /** Items of an array or a map: in blocks, a negative count followed by the block's bytes. */
  blocks(item: () => void): void {
    for (;;) {
      let count = Number(this.long())
      if (count === 0) return
      if (count < 0) {
        count = -count
        this.long()
      }
      this.claim(count)
      for (let i = 0; i < count; i++) item()
    }
  }

  value(schema: AvroSchema, depth: number, named: Map<string, AvroObject>): unknown {
    if (depth > MAX_DEPTH) throw corrupt('nests too deep')
    if (Array.isArray(schema)) {
      const branch = (schema as readonly AvroSchema[])[this.count('as a branch of a union')]
      if (branch === undefined) throw corrupt('refers to a branch of a union that is not there')
      return this.value(branch, depth + 1, named)
    }
    if (typeof schema === 'string') return this.#primitive(schema, depth, named)
    const type = schema as AvroObject
    if (type.name !== undefined) named.set(type.name, type)
    switch (type.type) {
      case 'record': {
        const record: Record<string, unknown> = Object.create(null)
        for (const field of type.fields ?? []) record[field.name] = this.value(field.type, depth + 1, named)
        return record
      }
      case 'array': {
        const items: unknown[] = []
        this.blocks(() => items.push(this.value(type.items!, depth + 1, named)))
        return items
      }
      case 'map': {
        const map = new Map<string, unknown>()
        this.blocks(() => {
          const key = this.text()
          map.set(key, this.value(type.values!, depth + 1, named))
        })
        return map
      }
      case 'fixed':
        return Uint8Array.from(this.take(type.size ?? 0))
      case 'enum':
        return type.symbols?.[this.count('as a symbol')]
      default:
        return this.value(type.type, depth + 1, named)
    }
  }

  #primitive(type: string, depth: number, named: Map<string, AvroObject>): unknown {
    switch (type) {
      case 'null':
        return null
      case 'boolean':
        return this.take(1)[0] === 1
      case 'int':
        return Number(this.long())
      case 'long':
        return this.long()
      case 'float':
        this.take(4)
        return this.#view.getFloat32(this.#at - 4, true)
      case 'double':
        this.take(8)
        return this.#view.getFloat64(this.#at - 8, true)
      case 'bytes':
        return Uint8Array.from(this.take(this.count('bytes')))
      case 'string':
        return this.text()
      default: {
        const known = named.get(type)
        if (known === undefined) throw new ReaderError('Unsupported', `Avro type '${type}' is not read`)
        return this.value(known, depth + 1, named)
      }
    }
  }
}

function corrupt(why: string): ReaderError {
  return new ReaderError('Corrupt', `an Avro file ${why}`)
}
