import ipaddr from 'ipaddr.js'

/** Which addresses may be connected to: public ones, and those of this machine only where that is said. */
export interface AddressPolicy {
  /** For development and the network in a box: 127.0.0.0/8 and ::1. */
  readonly allowLoopback?: boolean
  /** Further ranges that are refused, in CIDR notation; they win over `allowLoopback`. */
  readonly refuse?: readonly string[]
}

/** Of all of IPv6 only this is given out for the open internet (IANA IPv6 Global Unicast Address Assignments). */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')

/** Services that clouds offer their virtual machines under an address which looks public. */
const METADATA = [ipaddr.parseCIDR('168.63.129.16/32')]

/**
 * Why an IP address may not be connected to, or undefined where it may. Private, loopback, link-local, shared (CGNAT),
 * multicast, unspecified and reserved ranges are refused, and IPv6 addresses that carry an IPv4 one (mapped, NAT64, 6to4,
 * Teredo), as what they reach cannot be told from them alone.
 * @param address in any notation of IPv4 or IPv6
 */
export function addressRefusal(address: string, policy: AddressPolicy = {}): string | undefined {
  if (!ipaddr.isValid(address)) return 'not an IP address'
  const parsed = ipaddr.parse(address)
  for (const range of policy.refuse ?? [])
    if (within(parsed, ipaddr.parseCIDR(range))) return `in ${range}, which is refused here`
  const range = parsed.range()
  if (range === 'loopback') return policy.allowLoopback ? undefined : 'an address of this machine'
  if (range !== 'unicast') return `a ${words(range)} address`
  if (METADATA.some(known => within(parsed, known))) return 'a metadata service of a cloud'
  if (parsed.kind() === 'ipv6' && !within(parsed, GLOBAL_UNICAST)) return 'no address of the open internet'
  return undefined
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

function within(address: Address, range: [Address, number]): boolean {
  return address.kind() === range[0].kind() && address.match(range)
}

function words(range: string): string {
  return range.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
}
