import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** An answer in the XRPC manner: a status, a declared name, and a message that says what to do. */
export class XrpcError extends Error {
  readonly status: ContentfulStatusCode
  readonly error: string
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: ContentfulStatusCode,
    error: string,
    message: string,
    headers: Record<string, string> = {},
  ) {
    super(message)
    this.status = status
    this.error = error
    this.headers = headers
  }
}

export const invalidRequest = (message: string) => new XrpcError(400, 'InvalidRequest', message)

export const notAuthenticated = (error: string, message: string) =>
  new XrpcError(401, error, message, { 'WWW-Authenticate': 'Bearer' })
