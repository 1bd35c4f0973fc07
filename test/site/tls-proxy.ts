import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'

/**
 * A proxy with a certificate of its own, on loopback, as operators put in front of services: for a browser that takes every name to its
 * port (`--host-resolver-rules`), services stand behind their public names over https.
 * @param services origin to the service behind it
 */
export async function tlsProxy(
  services: ReadonlyMap<string, string>,
): Promise<{ port: number } & AsyncDisposable> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'proxy' }], { keyType: 'ec' })
  const server = createServer({ key, cert }, (asked, answer) => {
    const behind = services.get(`https://${asked.headers.host}`)
    if (behind === undefined) {
      answer.writeHead(502).end()
      return
    }
    const { method, headers, url } = asked
    const passed = request(`${behind}${url}`, { method, headers, setHost: false }, given => {
      answer.writeHead(given.statusCode!, given.headers)
      given.pipe(answer)
    })
    passed.on('error', () => answer.destroy())
    asked.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
