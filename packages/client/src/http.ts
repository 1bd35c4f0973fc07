import { FrostError, systemReason } from './errors.ts'

const MAX_ANSWER_BYTES = 4 * 1024 * 1024
const PATIENCE_MS = 20_000

/** An error answer of an XRPC service: `{error, message}` with its HTTP status. */
export class ServiceError extends FrostError {
  override name = 'ServiceError'
  readonly status: number
  readonly headers: Headers

  constructor(where: string, status: number, error: string, message: string | undefined, headers: Headers) {
    super(error, `${where}: ${message || error} (${status} ${error})`)
    this.status = status
    this.headers = headers
  }
}

/**
 * Reads a bounded JSON answer.
 * @throws FrostError if the service cannot be reached or answers no JSON; the message names the address.
 */
export async function fetchJson(
  url: string | URL,
  init: RequestInit = {},
): Promise<{ response: Response; body: unknown }> {
  let response: Response
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), ...init })
  } catch (cause) {
    throw unreachable(url, cause)
  }
  const text = await boundedText(response, url)
  try {
    return { response, body: text === '' ? undefined : JSON.parse(text) }
  } catch (cause) {
    if (!response.ok) return { response, body: undefined }
    throw new FrostError(
      'BadAnswer',
      `${new URL(url).origin} did not answer with JSON: is it the right address?`,
      { cause },
    )
  }
}

/** The error for a service that does not answer. */
export function unreachable(url: string | URL, cause: unknown): FrostError {
  const { origin } = new URL(url)
  return new FrostError(
    'Unreachable',
    `${origin} cannot be reached: ${systemReason(cause) ?? String(cause)}`,
    { cause },
  )
}

/** Reads a response's text up to 4 MiB. */
export async function boundedText(response: Response, url: string | URL): Promise<string> {
  if (!response.body) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > MAX_ANSWER_BYTES) {
      throw new FrostError(
        'TooLarge',
        `${new URL(url).origin} answered with more than ${MAX_ANSWER_BYTES} bytes`,
      )
    }
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/**
 * Calls an `com.atproto.*` method that needs no typed lexicon (session, account and handle methods).
 * @param input Body of a procedure; without it the method is a query.
 * @throws ServiceError for an error answer.
 */
export async function callService<T>(
  service: string,
  method: string,
  {
    params,
    input,
    token,
    signal,
  }: { params?: Record<string, string>; input?: unknown; token?: string; signal?: AbortSignal } = {},
): Promise<T> {
  const url = new URL(`/xrpc/${method}`, service)
  for (const [name, value] of Object.entries(params ?? {})) url.searchParams.set(name, value)
  const isProcedure = params === undefined
  const { response, body } = await fetchJson(url, {
    method: isProcedure ? 'POST' : 'GET',
    headers: {
      ...(input === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: input === undefined ? undefined : JSON.stringify(input),
    ...(signal ? { signal } : {}),
  })
  if (!response.ok) {
    const { error, message } = (body ?? {}) as { error?: string; message?: string }
    throw new ServiceError(
      new URL(service).origin,
      response.status,
      error ?? 'Error',
      message,
      response.headers,
    )
  }
  return body as T
}
