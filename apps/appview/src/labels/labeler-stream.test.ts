import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { encode } from '@atcute/cbor'
import { expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { LabelerStream } from './labeler-stream.ts'

const frame = (seq: number) => Buffer.concat([encode({ op: 1, t: '#labels' }), encode({ seq, labels: [] })])

it('reads again from a message that could not be kept, and none that came behind it before', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (socket, request) => {
    const cursor = Number(new URL(request.url!, 'http://localhost').searchParams.get('cursor'))
    for (let seq = cursor + 1; seq <= 5; seq++) socket.send(frame(seq))
  })
  const kept: number[] = []
  let isBroken = true
  const whole = Promise.withResolvers<void>()
  const stream = new LabelerStream('did:web:labeler.example', {
    consumer: {
      labeler: async () =>
        ({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }) as never,
    },
    cursor: async () => undefined,
    keep: async (_, seq) => {
      if (seq === 2 && isBroken) {
        isBroken = false
        throw new Error('the disk is full')
      }
      kept.push(seq)
      if (seq === 5) whole.resolve()
    },
    onError: () => {},
  })
  await stream.start()
  await whole.promise
  expect(kept).toEqual([1, 2, 3, 4, 5])
  await stream.stop()
  await new Promise(resolve => server.close(resolve))
})
