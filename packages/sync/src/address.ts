import { type Guard, serviceOrigin } from './http.ts'

/** Where events come from, as it is written in a configuration. */
export type UpstreamAddress =
  /** `url` is the name under which its cursor is kept. */
  | { readonly kind: 'firehose'; readonly url: string; readonly origin: string }
  | { readonly kind: 'jetstream'; readonly url: string; readonly origin: string; readonly endpoint: string }
  | { readonly kind: 'archive'; readonly url: string; readonly folder: string; readonly trusted: boolean }

const JETSTREAM = 'jetstream+'
const ARCHIVE = 'archive:'

/**
 * Reads an address: `wss://host` or `https://host` of a relay or PDS, `jetstream+wss://host` of a Jetstream, `archive:/folder` of
 * CAR files (`archive:/folder?trusted`: signatures are not checked). In a local network also `ws://` and `http://` on loopback.
 * @throws Error that names the address, what is wrong with it and how it is written
 */
export function parseUpstream(text: string, guard: Guard): UpstreamAddress {
  if (text.startsWith(ARCHIVE)) return parseArchive(text)
  const jetstream = text.startsWith(JETSTREAM)
  const address = jetstream ? text.slice(JETSTREAM.length) : text
  if (!/^(wss?|https?):\/\//.test(address)) {
    throw new Error(
      `'${text}' is no address of events: write wss://relay.example.org for a relay or PDS, ` +
        'jetstream+wss://jetstream.example.org for a Jetstream, archive:/folder for CAR files',
    )
  }
  const origin = serviceOrigin(address.replace(/^ws/, 'http'), guard)
  const url = origin.replace(/^http/, 'ws')
  if (!jetstream) return { kind: 'firehose', url, origin }
  const { pathname } = new URL(address)
  const endpoint = url + (pathname === '/' ? '/subscribe' : pathname)
  return { kind: 'jetstream', url: JETSTREAM + endpoint, origin, endpoint }
}

function parseArchive(text: string): UpstreamAddress {
  const [folder = '', query] = text
    .slice(ARCHIVE.length)
    .replace(/^\/\/(?=\/)/, '')
    .split('?')
  if (folder === '' || (query !== undefined && query !== 'trusted'))
    throw new Error(
      `'${text}' is no archive: write archive:/folder, or archive:/folder?trusted where signatures are not to be checked`,
    )
  return { kind: 'archive', url: text, folder, trusted: query === 'trusted' }
}
