import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Received {
  readonly id: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly seq: number
  readonly uri: string
  readonly dataset?: string
}

/** A receiver of webhooks on loopback: answers as it is told to, keeps what it took. */
export class Receiver implements AsyncDisposable {
  /** What was answered with 2xx, in the order in which it came. */
  readonly taken: Received[] = []
  readonly refused: Received[] = []
  /** What to answer; 200 without. */
  answer: (received: Received, response: ServerResponse) => void = (_, response) => response.end()
  readonly #server: Server
  readonly #changes = new Set<() => void>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(port = 0): Promise<Receiver> {
    const server = createServer()
    const receiver = new Receiver(server)
    server.on('request', (request, response) => void receiver.#receive(request, response))
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
    return receiver
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`
  }

  /** Resolves once something holds; looked at after everything that comes. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>(resolve => {
        const wake = () => {
          this.#changes.delete(wake)
          resolve()
        }
        this.#changes.add(wake)
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const { data } = JSON.parse(body)
    const id = String(request.headers['webhook-id'])
    const received = { id, headers: request.headers, body, ...data }
    this.answer(received, response)
    if (response.statusCode < 300) this.taken.push(received)
    else this.refused.push(received)
    for (const wake of [...this.#changes]) wake()
  }
}

/** Whether one of the signatures is of this secret, by the specification of Standard Webhooks. */
export function isSigned({ headers, body, id }: Received, secret: string): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signed = createHmac('sha256', key).update(`${id}.${headers['webhook-timestamp']}.${body}`)
  return String(headers['webhook-signature'])
    .split(' ')
    .includes(`v1,${signed.digest('base64')}`)
}
