import type { ServerResponse } from 'node:http'
import { tooLarge } from '../pool/death.ts'
import type { JobAnswer } from '../pool/worker-process.ts'

/** A client that takes nothing for so long has gone. */
const SLOW_CLIENT_MS = 60_000

/**
 * Writes an export to the client as fast as it takes it. Where the export fails midway the connection is cut, so that a part is
 * never taken for the whole.
 * @param most bytes that it may have
 * @returns bytes sent
 * @throws whatever ended the export
 */
export async function sendExport(
  { head, body }: JobAnswer,
  outgoing: ServerResponse,
  headers: Readonly<Record<string, string>>,
  most: number,
): Promise<number> {
  outgoing.writeHead(200, {
    ...headers,
    'Content-Type': head.mediaType,
    'Content-Disposition': `attachment; filename="${head.fileName}"`,
    'Cache-Control': 'no-store',
  })
  let sent = 0
  try {
    for await (const bytes of body) {
      sent += bytes.length
      if (sent > most) throw tooLarge(most)
      if (!outgoing.write(bytes)) await room(outgoing)
      if (outgoing.destroyed) return sent
    }
    outgoing.end()
    return sent
  } catch (error) {
    outgoing.destroy()
    throw error
  }
}

/** Resolves when there is room for more, or the client is gone. */
function room(outgoing: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => outgoing.destroy(), SLOW_CLIENT_MS)
    const go = () => {
      clearTimeout(timer)
      outgoing.off('drain', go).off('close', go)
      resolve()
    }
    outgoing.on('drain', go).on('close', go)
    if (outgoing.destroyed) go()
  })
}
