/**
 * Stands for DNS and the proxies with certificates in front of services: `fetch` of an origin named in FROST_TEST_PUBLIC_NAMES (JSON, origin
 * to the service behind it) goes there. Loaded before everything else (`--import`), or imported by a test whose process runs a service.
 */
import { Agent, fetch } from 'undici'

const stock = globalThis.fetch
// The site's own guard bounds what goes by the common one.
const dispatcher = new Agent()
const named = new Map(Object.entries(JSON.parse(process.env.FROST_TEST_PUBLIC_NAMES ?? '{}')))

/** @param {string} origin @param {string} behind */
export const show = (origin, behind) => named.set(origin, behind)

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init)
  const { origin, pathname, search } = new URL(request.url)
  const behind = named.get(origin)
  if (behind === undefined) return stock(input, init)
  const { method, headers, redirect, signal } = request
  const body = request.body ? await request.arrayBuffer() : undefined
  const url = `${behind}${pathname}${search}`
  const answer = await fetch(url, { method, headers: [...headers], redirect, signal, body, dispatcher })
  const nothing = [204, 205, 304].includes(answer.status)
  return new Response(nothing ? null : answer.body, { status: answer.status, headers: [...answer.headers] })
}
