/** One account at one PDS: the methods by which a repository and its blobs come out of it and into it. */
import type { Agent } from '@atproto/lex'
import { FrostError } from '../errors.ts'
import { boundedText, fetchJson, ServiceError, unreachable } from '../http.ts'

const IDLE_PATIENCE_MS = 120_000
const TRANSFER_PATIENCE_MS = 60 * 60_000

type Fetch = (path: `/${string}`, init: RequestInit) => Promise<Response>

export interface Blob {
  readonly bytes: Uint8Array
  readonly mimeType: string
}

export class Home {
  /** Origin of the PDS. */
  readonly pds: string
  readonly did: string
  readonly #fetch: Fetch

  private constructor(pds: string, did: string, fetch: Fetch) {
    this.pds = pds
    this.did = did
    this.#fetch = fetch
  }

  /** With the rights of somebody signed in. */
  static signedIn(pds: string, agent: Agent & { readonly did: string }): Home {
    return new Home(pds, agent.did, (path, init) => agent.fetchHandler(path, init))
  }

  /** As anybody sees it. */
  static public(pds: string, did: string): Home {
    return new Home(pds, did, async (path, init) => {
      const url = new URL(path, pds)
      return fetch(url, init).catch(cause => {
        throw init.signal?.aborted ? cause : unreachable(url, cause)
      })
    })
  }

  /** Reads by a method. @throws ServiceError */
  query<T>(method: string, params: Readonly<Record<string, string>> = {}): Promise<T> {
    return this.#json<T>(`/xrpc/${method}?${new URLSearchParams(params)}`, { method: 'GET' })
  }

  /** Writes by a method. @throws ServiceError */
  procedure<T>(method: string, input?: unknown): Promise<T> {
    return this.#json<T>(`/xrpc/${method}`, {
      method: 'POST',
      ...(input !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input),
      }),
    })
  }

  /** The whole repository as a CAR. @throws ServiceError `RepoNotFound`, `RepoDeactivated`, … */
  async repository(): Promise<AsyncIterable<Uint8Array>> {
    const path = `/xrpc/com.atproto.sync.getRepo?did=${encodeURIComponent(this.did)}` as const
    const response = await this.#answer(path, {
      headers: { accept: 'application/vnd.ipld.car' },
      signal: AbortSignal.timeout(TRANSFER_PATIENCE_MS),
    })
    return response.body as unknown as AsyncIterable<Uint8Array>
  }

  /** A record with the proof that it is there, or is not, as a CAR. @throws ServiceError `RepoDeactivated`, `RecordNotFound`, … */
  async proof(collection: string, rkey: string): Promise<AsyncIterable<Uint8Array>> {
    const query = new URLSearchParams({ did: this.did, collection, rkey })
    const response = await this.#answer(`/xrpc/com.atproto.sync.getRecord?${query}`, {
      signal: AbortSignal.timeout(IDLE_PATIENCE_MS),
    })
    return response.body as unknown as AsyncIterable<Uint8Array>
  }

  /** A blob; undefined where the PDS has none of that CID. Its bytes are not yet held against the CID. */
  async blob(cid: string, mostBytes = 1_000_000_000): Promise<Blob | undefined> {
    const path = `/xrpc/com.atproto.sync.getBlob?did=${encodeURIComponent(this.did)}&cid=${cid}` as const
    let response: Response
    try {
      response = await this.#answer(path, { signal: AbortSignal.timeout(TRANSFER_PATIENCE_MS) })
    } catch (error) {
      if (error instanceof ServiceError && (error.status === 404 || error.status === 400)) return undefined
      throw error
    }
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      size += part.length
      if (size > mostBytes) throw new FrostError('TooLarge', `blob ${cid} is larger than ${mostBytes} bytes`)
      parts.push(part)
    }
    const mimeType = response.headers.get('content-type') ?? 'application/octet-stream'
    return { bytes: Buffer.concat(parts), mimeType }
  }

  /** Brings a whole repository in; what is there already is replaced by it. */
  async importRepository(car: globalThis.Blob): Promise<void> {
    const response = await this.#answer('/xrpc/com.atproto.repo.importRepo', {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.ipld.car', 'content-length': String(car.size) },
      body: car,
      signal: AbortSignal.timeout(TRANSFER_PATIENCE_MS),
    })
    await boundedText(response, this.pds)
  }

  /** @returns the CID under which the PDS keeps it */
  async uploadBlob({ bytes, mimeType }: Blob): Promise<string> {
    const answer = await this.#json<{ blob: { ref: { $link: string } } }>(
      '/xrpc/com.atproto.repo.uploadBlob',
      {
        method: 'POST',
        headers: { 'content-type': mimeType },
        body: bytes as Uint8Array<ArrayBuffer>,
        signal: AbortSignal.timeout(TRANSFER_PATIENCE_MS),
      },
    )
    return answer.blob.ref.$link
  }

  /** CIDs of the blobs that records refer to and the PDS has not got, with a record's at-uri. */
  async *missingBlobs(): AsyncGenerator<{ readonly cid: string; readonly recordUri: string }> {
    let cursor: string | undefined
    do {
      const page = await this.query<{ blobs: { cid: string; recordUri: string }[]; cursor?: string }>(
        'com.atproto.repo.listMissingBlobs',
        { limit: '500', ...(cursor && { cursor }) },
      )
      yield* page.blobs
      cursor = page.blobs.length > 0 ? page.cursor : undefined
    } while (cursor)
  }

  async #json<T>(path: `/${string}`, init: RequestInit): Promise<T> {
    const response = await this.#answer(path, { signal: AbortSignal.timeout(IDLE_PATIENCE_MS), ...init })
    const text = await boundedText(response, this.pds)
    try {
      return (text === '' ? undefined : JSON.parse(text)) as T
    } catch (cause) {
      throw new FrostError('BadAnswer', `${this.pds} did not answer with JSON: is it the right address?`, {
        cause,
      })
    }
  }

  async #answer(path: `/${string}`, init: RequestInit): Promise<Response> {
    const response = await this.#fetch(path, init)
    if (response.ok) return response
    const text = await boundedText(response, this.pds).catch(() => '')
    const { error, message } = answerOf(text)
    throw new ServiceError(this.pds, response.status, error ?? 'Error', message, response.headers)
  }
}

function answerOf(text: string): { error?: string; message?: string } {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

/** What a PDS says of itself. */
export interface ServerDescription {
  readonly did: string
  readonly availableUserDomains: readonly string[]
  readonly inviteCodeRequired?: boolean
}

/** @throws FrostError where nothing like a PDS answers */
export async function describeServer(pds: string): Promise<ServerDescription> {
  const { response, body } = await fetchJson(new URL('/xrpc/com.atproto.server.describeServer', pds))
  const { did, availableUserDomains, inviteCodeRequired } = (body ?? {}) as Partial<ServerDescription>
  if (!response.ok || typeof did !== 'string' || !did.startsWith('did:'))
    throw new FrostError('NoPds', `${pds} does not answer as a PDS: check the address`)
  const domains = Array.isArray(availableUserDomains)
    ? availableUserDomains.filter(domain => typeof domain === 'string')
    : []
  return { did, availableUserDomains: domains, inviteCodeRequired: inviteCodeRequired === true }
}
