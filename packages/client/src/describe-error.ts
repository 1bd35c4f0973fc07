import { XrpcError, XrpcResponseError } from '@atproto/lex'
import { FrostError, systemReason } from './errors.ts'

/** The status and name of an XRPC error answer, where `error` is one. */
export function xrpcAnswer(error: unknown): { status: number; name: string; headers: Headers } | undefined {
  if (error instanceof XrpcResponseError) {
    return { status: error.status, name: error.error, headers: error.headers }
  }
  return undefined
}

/** One line for any thrown value, without stack or line breaks. */
export function describeError(error: unknown): string {
  return oneLine(describe(error))
}

function describe(error: unknown): string {
  if (error instanceof FrostError) return error.message
  if (error instanceof XrpcResponseError) return `${error.message || error.error} (${error.error})`
  // What a session throws reaches us wrapped in the error of the request that it was to send.
  const inner = causeOf(error, cause => cause instanceof FrostError)
  if (inner) return inner.message
  if (causeOf(error, cause => SESSION_ENDED.has(cause.name) || SESSION_ENDED.has(cause.constructor.name))) {
    return "the session has ended: run 'frost login' again"
  }
  const reason = systemReason(error)
  if (error instanceof XrpcError) {
    return reason ? `${error.method.nsid}: ${reason}` : `${error.method.nsid}: ${error.message}`
  }
  if (reason && error instanceof Error) {
    const { path } = error as NodeJS.ErrnoException
    return path ? `${path}: ${reason}` : reason
  }
  return error instanceof Error ? error.message || error.name : String(error)
}

/** Errors of `@atproto/oauth-client` after which only a new sign-in helps. */
const SESSION_ENDED = new Set(['TokenRefreshError', 'TokenRevokedError', 'TokenInvalidError'])

function causeOf(error: unknown, wanted: (error: Error) => boolean): Error | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 6; cause = cause.cause, depth++) {
    if (wanted(cause)) return cause
  }
  return undefined
}

function oneLine(text: string): string {
  const line = text.replace(/\s*\n\s*/g, ' ').trim()
  return line.length > 1000 ? `${line.slice(0, 1000)}…` : line
}
