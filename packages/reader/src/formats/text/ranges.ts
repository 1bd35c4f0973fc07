import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'

const FIRST_BYTES = 64 * 1024
const MOST_BYTES = 4 * 1024 * 1024

/** An object as a stream of ranges that grow: a reader who soon has enough has asked for little. */
export async function* rangesOf(objects: Objects, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
  let at = 0
  let etag: string | undefined
  for (let length = FIRST_BYTES; ; length = Math.min(MOST_BYTES, length * 4)) {
    options.signal?.throwIfAborted()
    const ranged = await objects.getRange('', at, at + length, options)
    if (ranged === undefined) throw new ReaderError('NotFound', `there is no '${objects.name}'`)
    if (etag !== undefined && ranged.etag !== undefined && ranged.etag !== etag)
      throw new ReaderError('Unavailable', `'${objects.name}' changed while it was read; read it again`)
    etag = ranged.etag
    if (ranged.bytes.length > 0) yield ranged.bytes
    at += ranged.bytes.length
    const ended = ranged.size === undefined ? ranged.bytes.length < length : at >= ranged.size
    if (ended || ranged.bytes.length === 0) return
  }
}

/** The same, decompressed as it comes. @throws {ReaderError} `Corrupt` where it is not gzip, or ends too early. */
export async function* gunzipped(ranges: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip()
  const source = Readable.from(ranges)
  let failure: unknown
  source.on('error', error => {
    failure = error
    gunzip.destroy(error as Error)
  })
  source.pipe(gunzip)
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array
  } catch (error) {
    if (failure !== undefined) throw failure
    throw new ReaderError('Corrupt', `the gzip stream cannot be read on: ${(error as Error).message}`)
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}
