import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer, type Socket, type Server as TcpServer } from 'node:net'

/** The only interface the network in a box listens on, unless the configuration names another. */
export const LOOPBACK = '127.0.0.1'

/**
 * A port that is bound before the server behind it exists, so that the server can be named after it
 * (a PDS writes its own address into every DID document). Connections wait in the kernel's queue meanwhile.
 */
export interface BoundPort {
  readonly port: number
  /** Give to `server.listen(…)`: it takes over the bound socket. */
  readonly handle: TcpServer
}

/**
 * Binds a port of the loopback interface.
 * @param port 0 for any free one
 * @throws Error that names the port where it is taken
 */
export async function bindPort(port: number, host = LOOPBACK): Promise<BoundPort> {
  const handle = createServer()
  handle.listen({ port, host, exclusive: true })
  try {
    await once(handle, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new Error(
        `port ${port} on ${host} is taken by another program: stop it, or choose another port (see FROST_*_PORT)`,
        { cause: error },
      )
    }
    throw error
  }
  const address = handle.address()
  if (!address || typeof address === 'string') throw new Error(`no TCP address for port ${port}`)
  return { port: address.port, handle }
}

/**
 * Binds the port that is asked for; where none is, the one a state had before if it is still free, else any.
 * @throws Error where the port that is asked for is taken
 */
export async function bindStatePort(asked: number | undefined, before: number | undefined, host = LOOPBACK) {
  if (!asked && before) {
    const bound = await bindPort(before, host).catch(() => undefined)
    if (bound) return bound
  }
  return bindPort(asked ?? 0, host)
}

/** A listening HTTP server that can be closed at once, WebSockets included. */
export class Listener {
  readonly #server: Server
  readonly #bound: BoundPort
  readonly #sockets = new Set<Socket>()

  /** Takes a server that was told to listen on `bound.handle`. */
  constructor(server: Server, bound: BoundPort) {
    this.#server = server
    this.#bound = bound
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  get port(): number {
    return this.#bound.port
  }

  /** Stops accepting, lets requests under way finish for `graceMs`, then cuts every connection. */
  async close(graceMs = 200): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#bound.handle.close()
    this.#server.closeIdleConnections()
    if (graceMs === 0) this.#cut()
    const timer = setTimeout(() => this.#cut(), graceMs)
    await closed
    clearTimeout(timer)
    this.#cut()
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Starts an HTTP server on a port of the loopback interface, as `bindStatePort` chooses it. */
export async function startListener(
  server: Server,
  port: number | undefined,
  { before, host }: { readonly before?: number; readonly host?: string } = {},
): Promise<Listener> {
  const bound = await bindStatePort(port, before, host)
  const listener = new Listener(server, bound)
  server.listen(bound.handle)
  await once(server, 'listening')
  return listener
}
