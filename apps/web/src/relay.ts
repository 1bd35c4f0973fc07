import { isLoopback } from '@frost/client/settings'
import type { Context } from 'hono'
import { visitorAddress } from './visitor-address.ts'

const PATIENCE_MILLISECONDS = 15_000
const MOST_BYTES = 50_000_000
const ASKED = ['if-none-match', 'if-modified-since']
const TOLD = [
  'access-control-allow-origin',
  'access-control-expose-headers',
  'cache-control',
  'content-type',
  'etag',
  'last-modified',
  'link',
  'retry-after',
]

/**
 * Passes on what the AppView answers to programs, as it comes: its own address may be one that nobody but the site reaches.
 * @param url below the AppView's address
 * @returns its answer, also where it refuses or says that nothing is new
 * @throws where it is down, or slower than a visitor waits
 */
export async function relay(c: Context, url: string): Promise<Response> {
  // An AppView elsewhere would not believe it.
  const address = isLoopback(url) ? visitorAddress(c) : undefined
  const headers = new Headers(address === undefined ? {} : { 'x-forwarded-for': address })
  for (const name of ASKED) {
    const value = c.req.header(name)
    if (value !== undefined) headers.set(name, value)
  }
  const signal = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(PATIENCE_MILLISECONDS)])
  const answer = await fetch(url, { headers, signal, redirect: 'error' })
  if (answer.status >= 500) {
    await answer.body?.cancel()
    throw new Error(`the AppView answered ${answer.status} to ${new URL(url).pathname}`)
  }
  for (const name of TOLD) {
    const value = answer.headers.get(name)
    if (value !== null) c.header(name, value)
  }
  c.status(answer.status as 200)
  return answer.body ? c.body(answer.body.pipeThrough(bounded())) : c.body(null)
}

function bounded(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      if (bytes > MOST_BYTES) controller.error(new Error(`the AppView sent more than ${MOST_BYTES} bytes`))
      else controller.enqueue(chunk)
    },
  })
}
