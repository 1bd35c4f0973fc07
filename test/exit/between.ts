/** Somebody between a client and a host, who hears everything and may change it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly body: Buffer | string
  readonly type?: string
}

export interface Between extends AsyncDisposable {
  readonly url: string
}

/**
 * A proxy before a host.
 * @param meddle What is answered; `pass` asks the host, with another body where one is given. Undefined: the connection is cut.
 */
export async function between(
  target: string,
  meddle: (asked: Asked, pass: (body?: object) => Promise<Answer>) => Promise<Answer | undefined>,
): Promise<Between> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const { method = 'GET', url = '/' } = request
    const body = Buffer.concat(parts)
    const pass = async (other?: object): Promise<Answer> => {
      const headers = new Headers()
      for (const name of ['authorization', 'content-type', 'accept', 'atproto-accept-labelers']) {
        const value = request.headers[name]
        if (typeof value === 'string') headers.set(name, value)
      }
      const sent = other ? Buffer.from(JSON.stringify(other)) : body
      const answer = await fetch(new URL(url, target), {
        method,
        headers,
        ...(sent.length > 0 && { body: new Uint8Array(sent) }),
      })
      return {
        status: answer.status,
        body: Buffer.from(await answer.arrayBuffer()),
        type: answer.headers.get('content-type') ?? 'application/json',
      }
    }
    const answer = await meddle({ method, path: url.split('?')[0]!, body }, pass).catch(() => undefined)
    if (answer === undefined) request.socket.destroy()
    else
      response
        .writeHead(answer.status, { 'content-type': answer.type ?? 'application/json' })
        .end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
