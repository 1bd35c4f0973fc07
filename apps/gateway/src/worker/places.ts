import { type LocationOptions, type Objects, openObjects } from '@frost/reader'
import type { Policy, Source } from '../job.ts'

type Guard = NonNullable<LocationOptions['guard']>

/** The largest object or range that is held in memory, in bytes. */
const MAX_BYTES = 64_000_000

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Objects at a location, read anonymously: no credentials, no files of this machine, public addresses only. Where ports of
 * this machine are allowed, a location that names one is read from that port alone, redirects included.
 */
export function objectsAt(
  source: Pick<Source, 'location' | 'endpoint' | 'region'>,
  policy: Policy,
  signal?: AbortSignal,
): Objects {
  const { location, endpoint, region } = source
  return openObjects(location, {
    guard: guardFor(endpoint ?? location, policy),
    maxBytes: MAX_BYTES,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(signal === undefined ? {} : { signal }),
  })
}

function guardFor(address: string, { loopbackPorts, refuse }: Policy): Guard {
  const url = URL.parse(address)
  const port = Number(url?.port || (url?.protocol === 'https:' ? 443 : 80))
  const allowed = url !== null && LOOPBACK_NAME.test(url.hostname) && loopbackPorts.includes(port)
  return allowed ? { refuse, allowLoopback: true, ports: [port] } : { refuse }
}
