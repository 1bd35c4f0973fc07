/**
 * An object store of its own process, so that neither reader shares a processor's turn with it: what it serves is counted, and
 * every answer waits as long as a request to a cloud does.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startListener } from '../apps/network/src/listener.ts'
import { startObjectStore } from '../apps/network/src/object-store/server.ts'

export interface Served {
  readonly requests: number
  /** Of the bodies. */
  readonly bytes: number
}

export interface SlowStore {
  readonly url: string
  /** Since the store was last asked. */
  served(): Promise<Served>
  stop(): Promise<void>
}

/** @param mounts folders by the first part of their path @param waits milliseconds added to each request */
export async function slowStore(
  folder: string,
  mounts: Readonly<Record<string, string>>,
  waits: number,
): Promise<SlowStore> {
  const child = fork(import.meta.filename, [JSON.stringify({ folder, mounts, waits })])
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return {
    url,
    async served() {
      child.send('served')
      const [answer] = (await once(child, 'message')) as [Served]
      return answer
    },
    async stop() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}

async function serve(folder: string, mounts: Readonly<Record<string, string>>, waits: number): Promise<void> {
  const store = await startObjectStore({ folder, mounts })
  let told = { requests: 0, bytes: 0 }
  const server = createServer(async (incoming, outgoing) => {
    await delay(waits)
    const { method, headers, url } = incoming
    const onward = request(`http://127.0.0.1:${store.port}${url}`, { method, headers }, answer => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    onward.end()
  })
  const listener = await startListener(server, undefined, {})
  process.on('message', () => {
    const { requests, bytes } = store.served
    process.send!({ requests: requests - told.requests, bytes: bytes - told.bytes })
    told = { requests, bytes }
  })
  process.on('disconnect', () => process.exit(0))
  process.send!({ url: `http://localhost:${listener.port}` })
}

if (process.argv[1] === import.meta.filename) {
  const { folder, mounts, waits } = JSON.parse(process.argv[2]!)
  await serve(folder, mounts, waits)
}
