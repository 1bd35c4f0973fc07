import { ReaderError } from '../../errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const STRING_OR_NAMED_NUMBER = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g
const LONG_INTEGER = /\d{16}/
const INTEGER = /^-?\d{16,}$/

interface Source {
  readonly source?: string
}

/**
 * JSON as Zarr writers make it: bare NaN and Infinity (Python's json) become strings, integers beyond 2^53 decimal strings.
 * @throws {ReaderError} `Corrupt` with the document's path.
 */
export function parseJson(bytes: Uint8Array, path: string): unknown {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new ReaderError('Corrupt', `'${path}' is not UTF-8 text`, { path })
  }
  try {
    return parse(text)
  } catch {
    try {
      return parse(
        text.replace(STRING_OR_NAMED_NUMBER, token => (token.startsWith('"') ? token : `"${token}"`)),
      )
    } catch (error) {
      throw new ReaderError('Corrupt', `'${path}' is not JSON: ${(error as Error).message}`, { path })
    }
  }
}

function parse(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text)
  const lossless = (_key: string, value: unknown, { source }: Source) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && INTEGER.test(source)
      ? source
      : value
  // The reviver's third argument (ECMAScript 2026, JSON.parse source text access) is not in the types yet.
  return JSON.parse(text, lossless as unknown as (key: string, value: unknown) => unknown)
}

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws {ReaderError} `Corrupt` where the document is no JSON object. */
export function parseObject(bytes: Uint8Array, path: string): JsonObject {
  const value = parseJson(bytes, path)
  if (!isObject(value)) throw new ReaderError('Corrupt', `'${path}' is not a JSON object`, { path })
  return value
}
