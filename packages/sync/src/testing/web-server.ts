import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What is answered: JSON with its status, or whatever is done with the response. */
export type Answer =
  | {
      readonly status?: number
      readonly json?: unknown
      readonly text?: string
      readonly headers?: Record<string, string>
    }
  | ((response: ServerResponse) => void)

/** A server on this machine that answers as a test says, and tells what it was asked. */
export class WebServer implements AsyncDisposable {
  /** Paths with their queries, oldest first. */
  readonly asked: string[] = []
  readonly #server: Server
  answer: (url: URL, request: IncomingMessage) => Answer | Promise<Answer>

  private constructor(answer: WebServer['answer']) {
    this.answer = answer
    this.#server = createServer((request, response) => void this.#reply(request, response))
  }

  static async start(answer: WebServer['answer']): Promise<WebServer> {
    const server = new WebServer(answer)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get host(): string {
    return `localhost:${(this.#server.address() as AddressInfo).port}`
  }

  get origin(): string {
    return `http://${this.host}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin)
    this.asked.push(url.pathname + url.search)
    const answer = await this.answer(url, request)
    if (typeof answer === 'function') return answer(response)
    const { status = 200, json, text, headers } = answer
    response.writeHead(status, headers)
    response.end(text ?? JSON.stringify(json ?? {}))
  }
}
