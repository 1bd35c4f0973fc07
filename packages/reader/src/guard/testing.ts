import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { GuardSettings } from './settings.ts'

/** A web server for tests, which counts who comes and knows when they go. */
export interface TestServer {
  readonly url: string
  readonly port: number
  /** Connections ever made to it. */
  readonly connections: number
  readonly requests: number
  /** Resolves when the connection of that request (from 0) has closed. */
  closed(request: number): Promise<void>
  /** Resolves when that request (from 0) has come. */
  requested(request: number): Promise<void>
  stop(): Promise<void>
}

/** Serves on a free port of one loopback address. */
export async function serve(handler: RequestListener, host = '127.0.0.1'): Promise<TestServer> {
  const sockets: Socket[] = []
  const arrivals = new Map<number, () => void>()
  let connections = 0
  const server: Server = createServer((request, response) => {
    sockets.push(request.socket)
    arrivals.get(sockets.length - 1)?.()
    handler(request, response)
  })
  server.on('connection', () => connections++)
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const requested = (index: number) =>
    index < sockets.length
      ? Promise.resolve()
      : new Promise<void>(resolve => {
          arrivals.set(index, resolve)
        })
  return {
    url: `http://${host}:${port}`,
    port,
    get connections() {
      return connections
    },
    get requests() {
      return sockets.length
    },
    requested,
    async closed(index) {
      await requested(index)
      const socket = sockets[index]!
      if (!socket.closed) await new Promise(resolve => socket.once('close', resolve))
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Loopback is allowed, but for 127.0.0.2, which stands for a private network; nothing waits for long. */
export const TEST_GUARD: GuardSettings = {
  allowLoopback: true,
  refuse: ['127.0.0.2/32'],
  timeouts: { connect: 2_000, headers: 2_000, idle: 2_000, grace: 2_000, minRate: 1 },
  retry: { attempts: 3, baseDelay: 1, maxDelay: 20, maxElapsed: 10_000 },
}
