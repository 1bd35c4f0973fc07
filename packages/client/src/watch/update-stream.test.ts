import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { nsid } from '@frost/lexicon'
import { expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { streamUpdates } from './update-stream.ts'

it('what is no message ends the connection, not the program; the next one goes on where the last ended', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const update = (seq: number) => JSON.stringify({ $type: `${nsid('updates.subscribeUpdates')}#update`, seq })
  const garbage = ['{', '7', 'null', Buffer.from([0xff])]
  const asked: string[] = []
  server.on('connection', (socket: WebSocket, { url = '' }) => {
    asked.push(new URL(url, 'http://x').searchParams.get('cursor')!)
    socket.send(update(asked.length))
    const bad = garbage.shift()
    if (bad !== undefined) socket.send(bad)
  })
  const end = new AbortController()
  const troubles: string[] = []
  const heard: number[] = []
  await streamUpdates({
    appviewUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    filter: {},
    cursor: () => heard.at(-1) ?? 0,
    onUpdate: ({ seq }) => {
      heard.push(seq)
      if (seq === 3) end.abort()
    },
    onTrouble: trouble => troubles.push(trouble),
    signal: end.signal,
  })
  expect(heard).toEqual([1, 2, 3])
  expect(asked).toEqual(['0', '1', '2'])
  expect(troubles).toHaveLength(2)
  for (const trouble of troubles) expect(trouble).toMatch(/it sent what is no message/)
  server.close()
})
