import { nsid } from '@frost/lexicon'
import { boundedText, ServiceError, unreachable } from '../http.ts'

/** What an AppView proves of a repository, as a CAR. @throws ServiceError `ProofUnavailable`, `RecordNotFound`, … */
export async function appviewCar(
  appview: string,
  method: 'service.getProof' | 'service.getRepository',
  params: Readonly<Record<string, string>>,
): Promise<AsyncIterable<Uint8Array>> {
  const url = new URL(`/xrpc/${nsid(method)}?${new URLSearchParams(params)}`, appview)
  const response = await fetch(url, { signal: AbortSignal.timeout(10 * 60_000) }).catch(cause => {
    throw unreachable(url, cause)
  })
  if (response.ok) return response.body as unknown as AsyncIterable<Uint8Array>
  const text = await boundedText(response, url)
  let said: { error?: string; message?: string } = {}
  try {
    said = JSON.parse(text)
  } catch {
    // no XRPC service
  }
  throw new ServiceError(url.origin, response.status, said.error ?? 'Error', said.message, response.headers)
}
