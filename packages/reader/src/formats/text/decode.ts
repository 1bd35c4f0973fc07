import { ReaderError } from '../../errors.ts'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

/** The encoding that a byte order mark says, else UTF-8; and how long the mark is. */
export function markOf(head: Uint8Array): { readonly encoding: Encoding; readonly length: number } {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', length: 3 }
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', length: 2 }
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', length: 2 }
  return { encoding: 'utf-8', length: 0 }
}

/**
 * Text of a stream of bytes. What is not UTF-8 although nothing said so is taken as Windows-1252 (latin-1 with quotation marks),
 * from the first byte that tells: until then all was ASCII, which is the same in both.
 */
export class TextStream {
  #encoding: Encoding | undefined
  #decoder: TextDecoder | undefined
  #carry: Uint8Array = new Uint8Array(0)
  #sawUtf8 = false
  #at = 0

  get encoding(): Encoding {
    return this.#encoding ?? 'utf-8'
  }

  /** @throws {ReaderError} `Corrupt` where UTF-8 text stops being UTF-8. */
  push(chunk: Uint8Array, last = false): string {
    if (this.#encoding === undefined) {
      if (this.#carry.length + chunk.length < 3 && !last) {
        this.#carry = Buffer.concat([this.#carry, chunk])
        return ''
      }
      const { encoding, length } = markOf(Buffer.concat([this.#carry, chunk.subarray(0, 3)]))
      this.#encoding = encoding
      const whole = Buffer.concat([this.#carry, chunk])
      this.#carry = new Uint8Array(0)
      return this.push(whole.subarray(length), last)
    }
    if (this.#encoding !== 'utf-8') return this.#decoded(chunk, last)
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk])
    const end = last ? bytes.length : wholeCharacters(bytes)
    const part = bytes.subarray(0, end)
    this.#carry = Uint8Array.from(bytes.subarray(end))
    try {
      const text = STRICT.decode(part)
      this.#sawUtf8 ||= text.length < part.length
      this.#at += part.length
      return text
    } catch {
      if (this.#sawUtf8)
        throw new ReaderError(
          'Corrupt',
          `the text is no longer UTF-8 after byte ${this.#at}: is it two files in one?`,
        )
      this.#encoding = 'windows-1252'
      this.#carry = new Uint8Array(0)
      return this.#decoded(bytes, last)
    }
  }

  #decoded(chunk: Uint8Array, last: boolean): string {
    this.#decoder ??= new TextDecoder(this.#encoding, { ignoreBOM: true })
    return this.#decoder.decode(chunk, { stream: !last })
  }
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Where the last character that is whole ends. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return bytes.length
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return length > back ? bytes.length - back : bytes.length
    }
  }
  return bytes.length
}
