/** Handles to DIDs. https://atproto.com/specs/handle#handle-resolution */
import { Resolver } from 'node:dns/promises'
import { isDid } from './frame.ts'
import { type HttpClient, HttpError } from './http.ts'

/** It is not known whom the handle means: those who say so could not be asked. */
export class HandleError extends Error {
  override readonly name = 'HandleError'
}

/**
 * Finds the DID that a handle points at, or undefined if it points at none.
 * @param account whose claim is checked; a local network may ask its PDS
 * @throws HandleError if nobody could be asked
 */
export type HandleResolver = (
  handle: string,
  account: { readonly did: string; readonly pds?: string },
) => Promise<string | undefined>

const handlePattern = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

export function isHandle(text: string): boolean {
  return text.length <= 253 && handlePattern.test(text)
}

/** Top-level domains that are nobody's on the public network. https://atproto.com/specs/handle#additional-non-syntax-restrictions */
const reserved = /\.(?:alt|arpa|example|internal|invalid|local|localhost|onion|test)$/

/** DNS TXT at `_atproto.`, then `/.well-known/atproto-did`, bounded in time. */
export function createHandleResolver(
  http: HttpClient,
  options: { readonly allowLoopbackHttp: boolean; readonly dns?: Pick<Resolver, 'resolveTxt'> },
): HandleResolver {
  const dns = options.dns ?? new Resolver({ timeout: 3000, tries: 2 })
  return async (handle, { pds }) => {
    // A network on one machine has no DNS: its PDSes answer for the handles they host.
    if (options.allowLoopbackHttp && pds?.startsWith('http://')) {
      const found = await fromPds(http, pds, handle)
      if (found !== undefined) return found
    }
    if (reserved.test(handle)) return undefined
    return (await fromDns(dns, handle)) ?? (await fromWellKnown(http, handle))
  }
}

async function fromPds(http: HttpClient, pds: string, handle: string): Promise<string | undefined> {
  const url = `${pds}/xrpc/com.atproto.identity.resolveHandle?handle=${encodeURIComponent(handle)}`
  try {
    const answer = await http.json(url, { maxBytes: 4096 })
    const { did } = (answer ?? {}) as { did?: unknown }
    return typeof did === 'string' && isDid(did) ? did : undefined
  } catch (error) {
    if (mayPass(error)) throw new HandleError(`'${handle}': ${(error as Error).message}`)
    return undefined
  }
}

async function fromDns(dns: Pick<Resolver, 'resolveTxt'>, handle: string): Promise<string | undefined> {
  try {
    const rows = await dns.resolveTxt(`_atproto.${handle}`)
    const dids = rows
      .map(row => row.join(''))
      .filter(text => text.startsWith('did='))
      .map(text => text.slice(4))
    return dids.length === 1 && isDid(dids[0]!) ? dids[0] : undefined
  } catch {
    // Whether there is none or nobody answers: the other way tells.
    return undefined
  }
}

async function fromWellKnown(http: HttpClient, handle: string): Promise<string | undefined> {
  try {
    const { status, body } = await http.get(`https://${handle}/.well-known/atproto-did`, {
      maxBytes: 4096,
      total: 5000,
      redirects: 3,
    })
    if (status >= 500) throw new HttpError(status, `answered ${status}`)
    const did = body.toString('utf8').trim()
    return status === 200 && isDid(did) ? did : undefined
  } catch (error) {
    if (mayPass(error)) throw new HandleError(`'${handle}': ${(error as Error).message}`)
    return undefined
  }
}

/** Whether the same question may be answered another time. */
function mayPass(error: unknown): boolean {
  return error instanceof HttpError && (error.status === 0 || error.status === 429 || error.status >= 500)
}
