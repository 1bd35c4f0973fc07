/** Which DIDs a directory of did:plc has changed, asked at once. https://web.plc.directory/api/redoc#operation/Export */
import type { HttpClient } from './http.ts'

const PAGE = 1000
const PAGE_BYTES = 16_000_000
/** Beyond so many pages, asking for each document is no more. */
const MOST_PAGES = 200
/** Milliseconds by which the clock here may be ahead of the directory's. */
const SKEW = 600_000

/**
 * @param since milliseconds since 1970
 * @returns undefined where the directory exports nothing that can be read, or too much
 */
export async function changedSince(
  http: Pick<HttpClient, 'get'>,
  plcUrl: string,
  since: number,
  signal?: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const changed = new Set<string>()
  let after = since - SKEW
  for (let page = 0; page < MOST_PAGES; page++) {
    const lines = await exported(http, plcUrl, after, signal)
    if (!lines) return undefined
    let last = after
    for (const { did, time } of lines) {
      changed.add(did)
      last = Math.max(last, time)
    }
    // Of one millisecond there may be some on both sides of a page's end: the last one is asked for again.
    if (last - 1 <= after) return lines.length < PAGE ? changed : undefined
    after = last - 1
  }
  return undefined
}

async function exported(
  http: Pick<HttpClient, 'get'>,
  plcUrl: string,
  after: number,
  signal: AbortSignal | undefined,
): Promise<{ did: string; time: number }[] | undefined> {
  const url = `${plcUrl}/export?count=${PAGE}&after=${new Date(after).toISOString()}`
  try {
    const { status, body } = await http.get(url, {
      maxBytes: PAGE_BYTES,
      total: 60_000,
      ...(signal && { signal }),
    })
    if (status !== 200) return undefined
    const lines = body.toString('utf8').split('\n').filter(Boolean)
    const operations = lines.map(line => {
      const { did, createdAt } = JSON.parse(line) as { did?: unknown; createdAt?: unknown }
      return { did, time: Date.parse(String(createdAt)) }
    })
    const isWhole = operations.every(({ did, time }) => typeof did === 'string' && Number.isFinite(time))
    return isWhole ? (operations as { did: string; time: number }[]) : undefined
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}
