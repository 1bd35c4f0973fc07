import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nsid } from '@frost/lexicon'
import { expect, it } from 'vitest'
import { AppView } from '../appview.ts'
import { mirroredCopies } from './copies.ts'

const ENTRY = `at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/${nsid('dataset.entry')}/sea`

/** What is made of an AppView that answers so, and how often it was asked. */
async function asked(answer: (page: number) => object) {
  let pages = 0
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer(++pages)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const appview = new AppView(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const copies = await mirroredCopies(appview, ENTRY)
    return { copies, pages }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

it('a list of mirrors without an end is left', async () => {
  expect(await asked(() => ({ mirrors: [], cursor: 'x' }))).toEqual({ copies: [], pages: 2 })
  expect(await asked(page => ({ mirrors: [], cursor: `${page}` }))).toEqual({ copies: [], pages: 10 })
})

it('an answer without a list is refused', async () => {
  await expect(asked(() => ({ mirrors: 'none' }))).rejects.toMatchObject({ code: 'BadAnswer' })
})
