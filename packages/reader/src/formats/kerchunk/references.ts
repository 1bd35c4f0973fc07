import { ReaderError } from '../../errors.ts'

/** Where the bytes of a key lie: here, or in an object elsewhere (the whole of it without a length). */
export type Reference =
  | { readonly bytes: Uint8Array }
  | { readonly url: string; readonly offset: number; readonly length: number | undefined }

/** Keys of a Zarr store and where their bytes lie. */
export interface References {
  get(key: string): Promise<Reference | undefined> | Reference | undefined
  /** Keys of the documents of groups and arrays. */
  readonly documents: readonly string[]
}

/** Numbers of chunks along each dimension. */
export type ArrayGrid = readonly number[]

/** A text: base64 where it says so, else its UTF-8. */
export function inlineBytes(text: string): Uint8Array {
  return text.startsWith('base64:')
    ? Uint8Array.from(Buffer.from(text.slice('base64:'.length), 'base64'))
    : new TextEncoder().encode(text)
}

/** @throws {ReaderError} `Corrupt` where it is neither bytes nor a place. */
export function referenceOf(value: unknown, key: string, target: string | undefined): Reference {
  if (typeof value === 'string') return { bytes: inlineBytes(value) }
  if (Array.isArray(value) && (value.length === 1 || value.length === 3)) {
    const [url = target, offset = 0, length] = value.map(part => part ?? undefined)
    const isPlace = (part: unknown) => Number.isSafeInteger(part) && (part as number) >= 0
    if (typeof url === 'string' && isPlace(offset) && (length === undefined || isPlace(length)))
      return { url, offset, length }
  }
  // A document may stand as the object that it is.
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return { bytes: new TextEncoder().encode(JSON.stringify(value)) }
  throw new ReaderError(
    'Corrupt',
    `reference '${key}' is ${JSON.stringify(value)?.slice(0, 100)}: neither bytes nor [url, offset, length]`,
    { key },
  )
}
