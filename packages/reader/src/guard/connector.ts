import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { ReaderError } from '../errors.ts'
import { type AddressPolicy, addressRefusal } from './addresses.ts'

/** Finds all addresses of a host name. */
export type Lookup = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

export interface ConnectorOptions extends AddressPolicy {
  /** Milliseconds to find the host's addresses, connect and shake hands. */
  readonly connectTimeout: number
  readonly lookup?: Lookup
}

/**
 * Opens connections for undici, to permitted addresses only. A host name is looked up once a connection, every address
 * is checked, and the socket gets exactly those that were: a name server that changes its answer afterwards gains
 * nothing. A host with any address that may not be read is refused as a whole.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { connectTimeout, lookup = systemLookup as Lookup } = options
  const guardedLookup: LookupFunction = (hostname, { all }, callback) => {
    lookup(hostname, { all: true }, (error, addresses) => {
      const refusal = error ?? firstRefusal(hostname, addresses, options)
      if (refusal) callback(refusal, [])
      else if (all) callback(null, addresses)
      else callback(null, addresses[0]!.address, addresses[0]!.family)
    })
  }
  const connect = buildConnector({
    timeout: connectTimeout,
    allowH2: false,
    autoSelectFamily: true,
    lookup: guardedLookup,
  } as buildConnector.BuildOptions)
  return (target, callback) => {
    // A lookup is not made for IP literals.
    const family = isIP(target.hostname)
    const refusal = family && firstRefusal(target.hostname, [{ address: target.hostname, family }], options)
    if (refusal) callback(refusal, null)
    else connect(target, callback)
  }
}

function firstRefusal(hostname: string, addresses: readonly LookupAddress[], policy: AddressPolicy) {
  if (addresses.length === 0) return new ReaderError('Unavailable', `host '${hostname}' has no address`)
  for (const { address } of addresses) {
    const why = addressRefusal(address, policy)
    if (why) {
      const named = address === hostname ? '' : ` (${address})`
      return new ReaderError(
        'Forbidden',
        `'${hostname}'${named} is ${why}: data must lie on a public address`,
      )
    }
  }
  return undefined
}
