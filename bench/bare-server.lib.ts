/**
 * What an AppView's HTTP is measured beside: `node:http` and nothing else, in a process of its own. `/constant` answers the same
 * bytes every time, `/metrics` the processor time; every other path calls a query of the index and writes its JSON text, without routing, lexicon, limits or metrics.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openIndex, type Queries } from '@frost/index'
import { nsid } from '@frost/lexicon'

export interface BareServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
}

/** Forks it on the index of a folder; resolves when it listens. */
export async function startBareServer(dataDir: string): Promise<BareServer> {
  const child: ChildProcess = fork(import.meta.filename, [dataDir], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [url] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the bare server ended with ${code}`)
    }),
  ])) as [string]
  return {
    url,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}

type Ask = (params: URLSearchParams) => Promise<{ readonly json: string }>

const asks = ({ listEntries, searchEntries }: Queries): ReadonlyMap<string, Ask> =>
  new Map<string, Ask>([
    [
      `/xrpc/${nsid('dataset.listEntries')}`,
      params => listEntries({ actor: params.get('actor')!, limit: Number(params.get('limit')) }),
    ],
    [
      `/xrpc/${nsid('dataset.searchEntries')}`,
      params => searchEntries({ q: params.get('q')!, limit: Number(params.get('limit')) }),
    ],
  ])

async function serve(dataDir: string): Promise<void> {
  const index = await openIndex({ dataDir, onError: error => console.error(error) })
  const known = asks(index.queries)
  let constant = Buffer.from('{}')
  const send = (response: ServerResponse, body: Buffer) => {
    response.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': body.byteLength,
    })
    response.end(body)
  }
  const server = createServer(async (request, response) => {
    const [path, query] = request.url!.split('?')
    if (path === '/constant') return send(response, constant)
    if (path === '/metrics') {
      const { user, system } = process.cpuUsage()
      return response.end(`process_cpu_seconds_total ${(user + system) / 1e6}\n`)
    }
    try {
      const { json } = await known.get(path!)!(new URLSearchParams(query))
      constant = Buffer.from(json)
      send(response, constant)
    } catch (error) {
      response.writeHead(500)
      response.end(String(error))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  process.once('disconnect', () => process.exit(0))
}

if (process.argv[1] === import.meta.filename) await serve(process.argv[2]!)
