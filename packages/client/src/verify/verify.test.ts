import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { verifyCopies } from './verify.ts'

const rows = Buffer.from(
  `id,value\n${Array.from({ length: 40_000 }, (_, i) => `${i},${i * 7}`).join('\n')}\n`,
)
/** Of one path all can be read, of the other the beginning and the end. */
const server = createServer(({ url, headers, method }, response) => {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? []
  const start = from ? Number(from) : rows.length - Number(to)
  const end = from && to ? Math.min(Number(to) + 1, rows.length) : rows.length
  if (url !== '/whole.csv' && url !== '/holed.csv') response.writeHead(404).end()
  else if (url === '/holed.csv' && start > 100_000 && end < rows.length - 100_000)
    response.writeHead(403).end()
  else
    response
      .writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${rows.length}` })
      .end(method === 'HEAD' ? undefined : rows.subarray(start, end))
})
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => void server.close().closeAllConnections())

it.each([
  ['whole.csv', 'holed.csv'],
  ['holed.csv', 'whole.csv'],
])('of %s and %s it says which could not be read, and that they agree it does not say', async (...names) => {
  const claims = names.map(id => ({
    id,
    kind: 'given' as const,
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${id}`,
  }))
  const { agrees, copies } = await verifyCopies(claims, { access: { allowLoopback: true } })
  expect(agrees).toBe(false)
  expect(copies).toMatchObject([
    { result: 'original' },
    {
      result: 'incomparable',
      failed: true,
      summary: expect.stringMatching(/^not compared: .*\/holed\.csv.*403/),
    },
  ])
})
