import type { ServerResponse } from 'node:http'
import { tooLarge } from '../pool/death.ts'
import type { JobAnswer } from '../pool/task.ts'

/** So much is held back until more follows or the export is whole. */
const HELD_BYTES = 65_536
/** A client that takes nothing for so long has gone. */
const SLOW_CLIENT_MS = 60_000

export interface Sent {
  readonly bytes: number
  /** False where the client left before the end. */
  readonly isWhole: boolean
}

/**
 * Writes an export to the client as fast as it takes it. Its beginning is held back, so that most failures are told in words. One that
 * comes later resets the connection: neither a client nor a proxy can take a part for the whole.
 * @param most bytes that it may have
 * @throws whatever ended the export
 */
export async function sendExport(
  { head, body }: JobAnswer,
  outgoing: ServerResponse,
  headers: Readonly<Record<string, string>>,
  most: number,
): Promise<Sent> {
  let bytes = 0
  const held: Uint8Array[] = []
  try {
    for (let part = await body.next(); !part.done; part = await body.next()) {
      bytes += part.value.length
      if (bytes > most) throw tooLarge(most)
      held.push(part.value)
      if (bytes <= HELD_BYTES) continue
      if (!outgoing.headersSent) begin(outgoing, head, headers)
      if (!outgoing.write(Buffer.concat(held.splice(0)))) await room(outgoing)
      if (outgoing.destroyed) return { bytes, isWhole: false }
    }
    if (!outgoing.headersSent) begin(outgoing, head, headers)
    outgoing.end(Buffer.concat(held))
    return { bytes, isWhole: true }
  } catch (error) {
    const isGone = outgoing.destroyed
    if (outgoing.headersSent) outgoing.socket?.resetAndDestroy()
    if (isGone) return { bytes, isWhole: false }
    throw error
  } finally {
    await body.return?.()
  }
}

function begin(outgoing: ServerResponse, head: JobAnswer['head'], headers: Readonly<Record<string, string>>) {
  outgoing.writeHead(200, {
    ...headers,
    'Content-Type': head.mediaType,
    'Content-Disposition': `attachment; filename="${head.fileName}"`,
    'Cache-Control': 'no-store',
  })
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
