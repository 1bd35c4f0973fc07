import { createHash, timingSafeEqual } from 'node:crypto'
import { XrpcError } from './errors.ts'

export interface OperatorConfig {
  /** DIDs whose signed calls are an operator's. */
  readonly operators?: readonly string[]
  /** Password of HTTP Basic with the user name `admin`, as PDSes have it, for scripts. */
  readonly adminPassword?: string
}

/**
 * The DID in whose name an operator calls.
 * @param service the AppView's own DID, for whom the password speaks
 * @throws XrpcError 401 or 403
 */
export function requireOperator(
  { operators = [], adminPassword }: OperatorConfig,
  { viewer, authorization, service }: { viewer?: string; authorization?: string; service: string },
): string {
  if (viewer !== undefined && operators.includes(viewer)) return viewer
  if (isBasic(authorization) && adminPassword !== undefined) {
    const given = Buffer.from(authorization!.slice(6).trim(), 'base64').toString()
    if (isSame(given, `admin:${adminPassword}`)) return service
  }
  if (viewer === undefined)
    throw new XrpcError(401, 'AuthMissing', 'this is for operators: sign the call, or give the password', {
      'WWW-Authenticate': 'Basic realm="operators"',
    })
  throw new XrpcError(403, 'NotOperator', `${viewer} is no operator of this AppView`)
}

export const isBasic = (authorization: string | undefined): boolean => /^Basic\s/i.test(authorization ?? '')

/** Compares in a time that tells nothing, whatever the lengths. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
