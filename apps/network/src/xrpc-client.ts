/** An error answer of a PDS. */
export class XrpcError extends Error {
  readonly status: number
  readonly error: string

  constructor(method: string, status: number, error: string, message: string) {
    super(`${method}: ${error}: ${message}`)
    this.name = 'XrpcError'
    this.status = status
    this.error = error
  }
}

export interface CallOptions {
  /** Value of the Authorization header. */
  readonly authorization?: string
  /** Makes the call a procedure. */
  readonly body?: unknown
  readonly params?: Readonly<Record<string, string | number | boolean | undefined>>
}

/**
 * Calls a method of a service of the box.
 * @throws XrpcError with the name the service gives
 */
export async function call<T>(service: string, method: string, options: CallOptions = {}): Promise<T> {
  const url = new URL(`/xrpc/${method}`, service)
  for (const [name, value] of Object.entries(options.params ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  const headers: Record<string, string> = {}
  if (options.authorization) headers.authorization = options.authorization
  if (options.body !== undefined) headers['content-type'] = 'application/json'
  const response = await fetch(url, {
    method: options.body === undefined ? 'GET' : 'POST',
    headers,
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
  })
  const text = await response.text()
  const answer = parse(text)
  if (response.ok) return answer as T
  const { error, message } = (answer ?? {}) as { error?: string; message?: string }
  throw new XrpcError(
    method,
    response.status,
    error ?? `HTTP ${response.status}`,
    message ?? text.slice(0, 200),
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Value of the Authorization header for an access token. */
export function bearer(token: string): string {
  return `Bearer ${token}`
}

/** Value of the Authorization header for a PDS's administrator. */
export function adminAuthorization(password: string): string {
  return `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
}
