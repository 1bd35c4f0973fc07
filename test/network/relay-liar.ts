import { createServer, type Server } from 'node:http'
import { decode, decodeFirst, encode } from '@atcute/cbor'
import { WebSocketServer } from 'ws'

/** The same message under another sequence number and a later rev, as a host that lies would send it. */
export function retold(bytes: Uint8Array, seq: number): Uint8Array {
  const [header, rest] = decodeFirst(bytes)
  return Buffer.concat([encode(header), encode({ ...decode(rest), seq, rev: '3zzzzzzzzzzzz' })])
}

/** A host that looks like a PDS and sends what it is told to. */
export async function startLiar(
  frames: readonly Uint8Array[],
  repos: readonly unknown[] = [],
): Promise<AsyncDisposable & { hostname: string }> {
  const server: Server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    const described = request.url?.includes('describeServer')
    response.end(JSON.stringify(described ? { did: 'did:web:liar' } : { repos }))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', socket => {
    for (const frame of frames) socket.send(frame)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    hostname: `localhost:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
