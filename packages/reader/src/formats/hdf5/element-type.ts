import type { Metadata } from 'h5wasm'

/** Classes of HDF5 types (H5T_class_t). */
export const CLASS = {
  integer: 0,
  float: 1,
  string: 3,
  bitfield: 4,
  opaque: 5,
  compound: 6,
  reference: 7,
  enumeration: 8,
  vlen: 9,
  array: 10,
} as const

/** What the elements of a dataset or attribute are. */
export interface ElementType {
  /** As in the model; for what has no name there, one that says what it is. */
  readonly dtype: string
  /** How the bytes in memory are turned into values; undefined where they cannot. */
  readonly kind?: 'numbers' | 'half' | 'bool' | 'complex' | 'text' | 'texts' | 'bytes'
  /** Of one element in memory. */
  readonly bytes: number
  /** The library leaves the byte order of these as stored. */
  readonly swap: boolean
}

export function elementType(metadata: Metadata): ElementType {
  const { size: bytes } = metadata
  const known = (dtype: string, kind: ElementType['kind'], swap = false): ElementType => ({
    dtype,
    kind,
    bytes,
    swap,
  })
  const unknown = (dtype: string): ElementType => ({ dtype, bytes, swap: false })
  switch (metadata.type) {
    case CLASS.integer:
      return integer(metadata) === undefined
        ? unknown(`integer of ${bytes} bytes`)
        : known(integer(metadata)!, 'numbers')
    case CLASS.bitfield:
      return [1, 2, 4, 8].includes(bytes)
        ? known(`uint${8 * bytes}`, 'numbers', !metadata.littleEndian)
        : unknown(`bitfield of ${bytes} bytes`)
    case CLASS.enumeration: {
      if (integer(metadata) === undefined) return unknown(`enumeration of ${bytes} bytes`)
      return isBoolean(metadata)
        ? known('bool', 'bool')
        : known(integer(metadata)!, 'numbers', !metadata.littleEndian)
    }
    case CLASS.float:
      if (bytes === 2) return known('float16', 'half')
      return bytes === 4 || bytes === 8
        ? known(`float${8 * bytes}`, 'numbers')
        : unknown(`float of ${bytes} bytes`)
    case CLASS.string:
      return known('string', metadata.vlen ? 'texts' : 'text')
    case CLASS.opaque:
      return known('bytes', 'bytes')
    case CLASS.compound: {
      const members = metadata.compound_type?.members ?? []
      if (isComplex(metadata)) return known(`complex${8 * bytes}`, 'complex')
      return unknown(
        `compound<${members.map(member => `${member.name}: ${elementType(member).dtype}`).join(', ')}>`,
      )
    }
    case CLASS.vlen:
      return unknown(`list<${metadata.vlen_type ? elementType(metadata.vlen_type).dtype : ''}>`)
    case CLASS.array:
      return unknown(
        `array<${metadata.array_type ? elementType(metadata.array_type).dtype : ''}>[${metadata.array_type?.shape ?? ''}]`,
      )
    case CLASS.reference:
      return unknown('reference')
    default:
      return unknown(`HDF5 class ${metadata.type}`)
  }
}

function integer({ size, signed }: Metadata): string | undefined {
  return [1, 2, 4, 8].includes(size) ? `${signed ? 'int' : 'uint'}${8 * size}` : undefined
}

/** h5py stores booleans as an enumeration of FALSE and TRUE. */
function isBoolean({ size, enum_type }: Metadata): boolean {
  const members = Object.entries(enum_type?.members ?? {})
  return (
    size === 1 &&
    members.length === 2 &&
    members.every(([name, value]) => value === Number(name === 'TRUE')) &&
    members.some(([name]) => name === 'FALSE')
  )
}

/** h5py stores complex numbers as a compound of `r` and `i`. */
function isComplex({ size, compound_type }: Metadata): boolean {
  const [real, imaginary, ...more] = compound_type?.members ?? []
  return (
    more.length === 0 &&
    real?.name === 'r' &&
    imaginary?.name === 'i' &&
    [real, imaginary].every(
      ({ type, size: part, littleEndian }) => type === CLASS.float && 2 * part === size && littleEndian,
    ) &&
    (size === 8 || size === 16)
  )
}
