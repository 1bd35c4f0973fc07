import { ReaderError } from '../errors.ts'
import { cleanUrl } from '../guard/clean-url.ts'
import type { Fetcher, FetchRequest, FetchResponse } from '../guard/fetcher.ts'
import type { Objects, Ranged, ReadOptions } from '../objects.ts'
import { ByteLru } from './byte-lru.ts'
import {
  type AskedRange,
  answers,
  parseContentRange,
  parseUnsatisfied,
  rangeHeader,
} from './content-range.ts'
import { type Codec, inflateBounded } from './inflate.ts'
import { changed, Pins, type Validators } from './pins.ts'
import { Redirects } from './redirects.ts'
import { type StoreError, storeErrorOf } from './store-error.ts'

/** A place on the web below which objects lie. */
export interface HttpStore {
  readonly fetcher: Fetcher
  /** How messages name it, without credentials. */
  readonly name: string
  /** @throws {ReaderError} `Forbidden` for a path that leaves the location */
  urlOf(path: string): URL
  readonly authorise?: FetchRequest['authorise']
  readonly headers?: Readonly<Record<string, string>>
  /** Learns that the store lies elsewhere; true where that is news, and the read is worth another try. */
  relocate?(error: StoreError): boolean
  /** Whether `bytes=-N` is understood; true when absent. */
  readonly suffixRanges?: boolean
  /** The largest object or range that is read into memory, in bytes. */
  readonly maxBytes?: number
  /** The largest object that is read whole for a range of it, from a server which knows no ranges. */
  readonly maxRangeless?: number
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024
const DEFAULT_MAX_RANGELESS = 4 * 1024 * 1024
const WHOLES_BYTES = 16 * 1024 * 1024

/** An answer's outcome that is not yet the result. */
const RELOCATED = Symbol('the store lies elsewhere')

/** Objects of a web server, each at the URL of its path. Ranges of one object come from one state of it. */
export function httpObjects(store: HttpStore): Objects {
  const { maxBytes = DEFAULT_MAX_BYTES, maxRangeless = DEFAULT_MAX_RANGELESS, suffixRanges = true } = store
  const redirects = new Redirects(store.fetcher)
  const pins = new Pins()
  /** Small objects of servers without ranges. */
  const wholes = new ByteLru<{ readonly bytes: Uint8Array; readonly etag: string | undefined }>(WHOLES_BYTES)
  let refusals = 0

  async function request<T>(
    path: string,
    options: ReadOptions,
    headers: Readonly<Record<string, string>>,
    use: (response: FetchResponse, name: string) => Promise<T | undefined>,
    method: 'GET' | 'HEAD' = 'GET',
  ): Promise<T | undefined> {
    for (let moved = 0; ; moved++) {
      const url = store.urlOf(path)
      const name = cleanUrl(url)
      const result = await redirects.fetch(
        {
          url,
          method,
          headers: { ...store.headers, ...headers },
          authorise: store.authorise,
          signal: options.signal,
          meter: options.meter,
        },
        async response => {
          if (response.status < 300 || response.status === 416) return use(response, name)
          return failed(response, name, moved < 2)
        },
      )
      if (result !== RELOCATED) return result as T | undefined
    }
  }

  async function failed(response: FetchResponse, name: string, mayRelocate: boolean) {
    const { status } = response
    if (status === 404 || status === 410) return undefined
    if (status === 412) throw changed(name)
    const error = await storeErrorOf(response)
    if (mayRelocate && store.relocate?.(error)) return RELOCATED
    const why = error.code ? `${status} ${error.code}` : `${status}`
    if (status === 403 && error.code === 'AccessDenied') {
      refusals++
      return undefined
    }
    if (status === 401 || status === 403 || error.code === 'PublicAccessNotPermitted')
      throw new ReaderError(
        'Forbidden',
        `${name}: its server refuses (${why}): it takes an account or a permission, or is not public after all; its owner says how to get it`,
        { status },
      )
    throw new ReaderError('Unavailable', `${name}: the server answers ${why}`, { status })
  }

  function ranged(path: string, asked: AskedRange, options: ReadOptions) {
    const headers = { range: rangeHeader(asked), ...pins.condition(path) }
    return request<Ranged | { readonly whole: number }>(path, options, headers, async (response, name) => {
      if (response.status === 416) return unsatisfied(path, name, asked, response)
      if (response.status === 206) return partial(path, name, asked, response)
      if (response.status === 200) return rangeless(path, name, asked, response)
      throw new ReaderError('Unavailable', `${name}: the server answers a range with ${response.status}`)
    })
  }

  async function partial(path: string, name: string, asked: AskedRange, response: FetchResponse) {
    const header = response.header('content-range')
    const range = parseContentRange(header)
    if (!range || !answers(asked, range))
      throw lie(name, `asked for '${rangeHeader(asked)}', it answers '${header ?? 'no Content-Range'}'`)
    const encoding = encodingOf(response)
    if (encoding) throw lie(name, `a range comes with Content-Encoding '${encoding}'`)
    const length = range.end - range.start
    const claimed = contentLengthOf(response)
    if (claimed !== undefined && claimed !== length)
      throw lie(name, `'${header}' comes with Content-Length ${claimed}`)
    if (length > maxBytes) throw tooLarge(name, length)
    const validators = validatorsOf(response, range.size)
    pins.hold(path, name, validators)
    const excess = () => lie(name, `more bytes come than '${header}' says`)
    const bytes = await response.read({ max: length, expected: length, excess })
    if (bytes.length < length) throw lie(name, `fewer bytes come than '${header}' says`)
    return { bytes, size: range.size, etag: validators.etag }
  }

  function unsatisfied(path: string, name: string, asked: AskedRange, response: FetchResponse): Ranged {
    const size = parseUnsatisfied(response.header('content-range'))
    if (size !== undefined && (asked.start < 0 ? size > 0 : asked.start < size))
      throw lie(name, `'${rangeHeader(asked)}' is refused though there are ${size} bytes`)
    pins.hold(path, name, { ...validatorsOf(response, size), lastModified: undefined })
    return { bytes: new Uint8Array(0), size, etag: response.header('etag') }
  }

  /** A server which knows no ranges sends all: a small object is kept for the next one, a large one is not waited for. */
  async function rangeless(path: string, name: string, asked: AskedRange, response: FetchResponse) {
    const encoding = encodingOf(response)
    const size = contentLengthOf(response)
    const tooMuch = () =>
      new ReaderError(
        'Unavailable',
        `${name}: the server cannot send parts (byte ranges) of an object, and the whole is ` +
          `${size === undefined ? `more than ${maxRangeless}` : size} bytes. Read a copy on a server with range requests`,
        { size },
      )
    if (size !== undefined && size > maxRangeless) {
      if (asked.start < 0 && !encoding) return { whole: size }
      throw tooMuch()
    }
    const validators = validatorsOf(response, encoding ? undefined : size)
    pins.hold(path, name, validators)
    const body = await readWhole(response, name, maxRangeless, tooMuch)
    pins.hold(path, name, { ...validators, size: body.length })
    wholes.set(path, { bytes: body, etag: validators.etag }, body.length)
    return slice(body, asked, validators.etag)
  }

  async function sizeOf(path: string, options: ReadOptions): Promise<number | undefined> {
    const known = pins.get(path)?.size
    if (known !== undefined) return known
    const answered = async (response: FetchResponse, name: string) => {
      const size = contentLengthOf(response)
      if (size === undefined)
        throw new ReaderError('Unavailable', `${name}: the server does not say its size`)
      pins.hold(path, name, validatorsOf(response, size))
      return size
    }
    return request(path, options, {}, answered, 'HEAD')
  }

  return {
    name: store.name,
    refusals: () => refusals,
    async get(path, options = {}) {
      const whole = wholes.get(path)
      if (whole) return whole.bytes
      return request(path, options, {}, async (response, name) => {
        if (response.status !== 200)
          throw new ReaderError('Unavailable', `${name}: the server answers ${response.status}`)
        return readWhole(response, name, maxBytes, size => tooLarge(name, size))
      })
    },
    async getRange(path, start, end, options = {}) {
      const whole = wholes.get(path)
      if (whole) return slice(whole.bytes, { start, end }, whole.etag)
      if (start >= 0 && end !== undefined && end <= start) {
        // HTTP has no empty range; one byte tells whether the object is there, and its size.
        const one = await this.getRange(path, start, start + 1, options)
        return one && { ...one, bytes: one.bytes.subarray(0, 0) }
      }
      if (start < 0 && !suffixRanges) {
        const size = await sizeOf(path, options)
        if (size === undefined) return undefined
        return this.getRange(path, Math.max(0, size + start), size, options)
      }
      const result = await ranged(path, { start, end: start < 0 ? undefined : end }, options)
      if (!result || 'bytes' in result) return result
      return this.getRange(path, Math.max(0, result.whole + start), result.whole, options)
    },
  }
}

/** The body of a 200, without its Content-Encoding. */
async function readWhole(
  response: FetchResponse,
  name: string,
  max: number,
  excess: (size: number | undefined) => Error,
): Promise<Uint8Array> {
  const size = contentLengthOf(response)
  if (size !== undefined && size > max) throw excess(size)
  const bytes = await response.read({ max, expected: size, excess: () => excess(undefined) })
  const encoding = encodingOf(response)
  if (!encoding) return bytes
  const codec = CODINGS.get(encoding)
  if (!codec) throw new ReaderError('Unsupported', `${name}: Content-Encoding '${encoding}' is not known`)
  return inflateBounded(codec, bytes, max)
}

/** Names of RFC 9110, section 8.4.1; its `deflate` is zlib. */
const CODINGS = new Map<string, Codec>([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'zlib'],
  ['br', 'brotli'],
  ['zstd', 'zstd'],
])

/** `aws-chunked` says how an object came into S3, and is kept there by mistake: its bytes are plain. */
function encodingOf(response: FetchResponse): string | undefined {
  const encodings = (response.header('content-encoding') ?? '')
    .toLowerCase()
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '' && word !== 'identity' && word !== 'aws-chunked')
  return encodings.length > 0 ? encodings.join(', ') : undefined
}

function contentLengthOf(response: FetchResponse): number | undefined {
  const header = response.header('content-length')
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}

function validatorsOf(response: FetchResponse, size: number | undefined): Validators {
  return { etag: response.header('etag'), lastModified: response.header('last-modified'), size }
}

function slice(bytes: Uint8Array, { start, end }: AskedRange, etag: string | undefined): Ranged {
  const part = start < 0 ? bytes.subarray(Math.max(0, bytes.length + start)) : bytes.subarray(start, end)
  return { bytes: part, size: bytes.length, etag }
}

function lie(name: string, what: string): ReaderError {
  return new ReaderError('Unavailable', `${name}: the server does not keep to byte ranges: ${what}`)
}

function tooLarge(name: string, size: number | undefined): ReaderError {
  const much = size === undefined ? 'more bytes than may be' : `${size} bytes, more than may be`
  return new ReaderError('OverBudget', `${name} has ${much} read at once: select less of it`, { size })
}
