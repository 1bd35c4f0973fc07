/** Handles to DIDs. https://atproto.com/specs/handle#handle-resolution */
import { Resolver } from 'node:dns/promises'
import { isDid } from './frame.ts'
import type { HttpClient } from './http.ts'

/**
 * Finds the DID that a handle points at, or undefined if it points at none.
 * @param account whose claim is checked; a local network may ask its PDS
 */
export type HandleResolver = (
  handle: string,
  account: { readonly did: string; readonly pds?: string },
) => Promise<string | undefined>

const handlePattern = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

export function isHandle(text: string): boolean {
  return text.length <= 253 && handlePattern.test(text)
}

/** DNS TXT at `_atproto.`, then `/.well-known/atproto-did`, bounded in time. */
export function createHandleResolver(
  http: HttpClient,
  options: { allowLoopbackHttp: boolean },
): HandleResolver {
  const dns = new Resolver({ timeout: 3000, tries: 2 })
  return async (handle, { pds }) => {
    // A network on one machine has no DNS: its PDSes answer for the handles they host.
    if (options.allowLoopbackHttp && pds?.startsWith('http://')) {
      const found = await fromPds(http, pds, handle)
      if (found !== undefined) return found
    }
    if (/\.(?:test|localhost|local|invalid|internal|example)$/.test(handle)) return undefined
    return (await fromDns(dns, handle)) ?? (await fromWellKnown(http, handle))
  }
}

async function fromPds(http: HttpClient, pds: string, handle: string): Promise<string | undefined> {
  const url = `${pds}/xrpc/com.atproto.identity.resolveHandle?handle=${encodeURIComponent(handle)}`
  try {
    const { did } = (await http.json(url, { maxBytes: 4096 })) as { did?: unknown }
    return typeof did === 'string' && isDid(did) ? did : undefined
  } catch {
    return undefined
  }
}

async function fromDns(dns: Resolver, handle: string): Promise<string | undefined> {
  try {
    const rows = await dns.resolveTxt(`_atproto.${handle}`)
    const dids = rows
      .map(row => row.join(''))
      .filter(text => text.startsWith('did='))
      .map(text => text.slice(4))
    return dids.length === 1 && isDid(dids[0]!) ? dids[0] : undefined
  } catch {
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
    const did = body.toString('utf8').trim()
    return status === 200 && isDid(did) ? did : undefined
  } catch {
    return undefined
  }
}
