import { XrpcFailure } from './xrpc-failure.ts'

/** Says why a host may not be crawled, or undefined where it may. */
export type HostPolicy = (hostname: string) => string | undefined

const HOSTNAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::\d{1,5})?$/

/** The policy of the network in a box: PDSes on this machine, with a port. */
export const localHostsOnly: HostPolicy = hostname =>
  /^localhost:\d+$/.test(hostname)
    ? undefined
    : 'this relay serves PDSes on this machine only (localhost:PORT)'

/** Base URL of a host as it announces itself: https, but http on this machine. */
export function hostUrl(hostname: string): string {
  const local = hostname === 'localhost' || hostname.startsWith('localhost:')
  return `${local ? 'http' : 'https'}://${hostname}`
}

/**
 * Refuses what is not the name of a PDS that answers.
 * @throws XrpcFailure `InvalidRequest` or `HostBanned`
 */
export async function checkHost(hostname: string, policy: HostPolicy, room: boolean): Promise<void> {
  if (!HOSTNAME.test(hostname)) {
    throw new XrpcFailure(
      400,
      'InvalidRequest',
      `hostname '${hostname.slice(0, 100)}' is not HOST or HOST:PORT`,
    )
  }
  const objection = policy(hostname)
  if (objection) throw new XrpcFailure(400, 'HostBanned', `hostname ${hostname}: ${objection}`)
  if (!room) throw new XrpcFailure(503, 'TooManyHosts', 'this relay takes no more hosts')
  const described = await describe(hostname)
  if (!described) {
    throw new XrpcFailure(
      400,
      'InvalidRequest',
      `hostname ${hostname} does not answer com.atproto.server.describeServer as a PDS does`,
    )
  }
}

async function describe(hostname: string): Promise<boolean> {
  try {
    const response = await fetch(`${hostUrl(hostname)}/xrpc/com.atproto.server.describeServer`, {
      redirect: 'error',
      signal: AbortSignal.timeout(3_000),
    })
    if (!response.ok) return false
    const { did } = (await response.json()) as { did?: unknown }
    return typeof did === 'string' && did.startsWith('did:')
  } catch {
    return false
  }
}
