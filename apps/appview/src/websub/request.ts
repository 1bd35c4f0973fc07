import { serviceOrigin } from '@frost/sync/http'
import { invalidRequest } from '../xrpc/errors.ts'

/** What a subscriber asks of the hub (https://www.w3.org/TR/websub/#subscriber-sends-subscription-request). */
export interface SubscriptionRequest {
  readonly mode: 'subscribe' | 'unsubscribe'
  readonly topic: string
  readonly callback: string
  readonly leaseSeconds: number
  readonly secret?: string
}

const DEFAULT_LEASE = 10 * 86_400
const LONGEST_LEASE = 30 * 86_400
const SHORTEST_LEASE = 300
/** Both are part of a key in the database. */
const LONGEST_ADDRESS = 1000
const SECRET_BYTES = 200

/**
 * Reads the form of a request. Leases that are too long or too short are brought to what there is: the verification says which.
 * @throws XrpcError InvalidRequest that names the parameter
 */
export function readRequest(
  form: URLSearchParams,
  guard: { allowLoopbackHttp: boolean },
): SubscriptionRequest {
  const mode = form.get('hub.mode')
  if (mode !== 'subscribe' && mode !== 'unsubscribe')
    throw invalidRequest(`hub.mode is '${(mode ?? '').slice(0, 60)}': give subscribe or unsubscribe`)
  const topic = address(form, 'hub.topic')
  const callback = address(form, 'hub.callback')
  try {
    serviceOrigin(callback, guard)
  } catch (error) {
    throw invalidRequest(`hub.callback: ${(error as Error).message}`)
  }
  const secret = form.get('hub.secret') ?? undefined
  if (secret !== undefined && Buffer.byteLength(secret) >= SECRET_BYTES)
    throw invalidRequest(`hub.secret has ${Buffer.byteLength(secret)} bytes: give fewer than ${SECRET_BYTES}`)
  const lease = form.get('hub.lease_seconds')
  if (lease && !/^\d{1,12}$/.test(lease))
    throw invalidRequest(`hub.lease_seconds is '${lease.slice(0, 60)}': give a whole number of seconds`)
  return {
    mode,
    topic,
    callback,
    leaseSeconds: Math.min(Math.max(Number(lease || DEFAULT_LEASE), SHORTEST_LEASE), LONGEST_LEASE),
    ...(secret && { secret }),
  }
}

function address(form: URLSearchParams, name: string): string {
  const text = form.get(name) ?? ''
  if (!URL.canParse(text)) throw invalidRequest(`${name} is '${text.slice(0, 200)}': give a web address`)
  const { href } = new URL(text)
  if (Math.max(href.length, text.length) > LONGEST_ADDRESS)
    throw invalidRequest(`${name} has ${href.length} characters: at most ${LONGEST_ADDRESS} are taken`)
  // The topic is compared as it was advertised.
  return name === 'hub.topic' ? text : href
}
