import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { HttpClient, HttpError } from './http.ts'
import { inPace } from './pace.ts'
import { WebServer } from './testing/web-server.ts'

const http = new HttpClient({ allowLoopbackHttp: true })
let server: WebServer
beforeAll(async () => {
  server = await WebServer.start(() => ({}))
})
afterAll(async () => {
  http.close()
  await server[Symbol.asyncDispose]()
})

async function opened(answer: (response: ServerResponse) => void, rate: number, patience: number) {
  server.answer = () => answer
  return inPace(await http.stream(server.origin), server.host, { rate, patience })
}

async function read(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const chunk of chunks) bytes += chunk.length
  return bytes
}

it('gives what comes, to its end', async () => {
  const chunks = await opened(response => void response.end(Buffer.alloc(1_000_000)), 1000, 1000)
  expect(await read(chunks)).toBe(1_000_000)
})

it('bears who is slow, as far as more came before', async () => {
  const chunks = await opened(
    response => {
      response.write(Buffer.alloc(1_000_000))
      setTimeout(() => response.end('.'), 400)
    },
    100_000,
    300,
  )
  expect(await read(chunks)).toBe(1_000_001)
})

it('ends with who sends too little, and names it', async () => {
  const trickle = (response: ServerResponse) => {
    const timer = setInterval(() => response.write('.'), 2)
    response.on('close', () => clearInterval(timer))
  }
  const failure = read(await opened(trickle, 100_000, 30))
  await expect(failure).rejects.toThrow(HttpError)
  await expect(failure).rejects.toThrow(`'${server.host}' sends less than 100000 bytes a second`)
  await expect(failure).rejects.toMatchObject({ status: 0 })
})

it('says that an answer broke off as it says that none came', async () => {
  const broken = (response: ServerResponse) => response.write('begun', () => response.destroy())
  const failure = read(await opened(broken, 1000, 10_000))
  await expect(failure).rejects.toThrow(/broke off/)
  await expect(failure).rejects.toMatchObject({ status: 0 })
})

it('blames nobody for the time that its reader takes', async () => {
  const patience = 300
  const chunks = await opened(response => void response.end(Buffer.alloc(100_000)), 1e9, patience)
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > chunk.length) continue
    const since = performance.now()
    while (performance.now() - since < 2 * patience) await new Promise(setImmediate)
  }
  expect(bytes).toBe(100_000)
})
