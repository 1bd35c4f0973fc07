import { expect, it } from 'vitest'
import { EarlierHeads } from './earlier-heads.ts'
import type { ServiceLists } from './listing.ts'

it('regression: a host that lists one account a page is asked for no more pages than asking for the accounts would cost', async () => {
  const heads = new EarlierHeads()
  const host = 'https://slow.example'
  const dids = Array.from({ length: 10 }, (_, at) => `did:plc:${at}`)
  for (const did of dids) heads.add(did, host)
  for (const did of dids)
    heads.held({ did, host, active: true, sync: 'desynchronized', rev: '3l', commit: `head of ${did}` })
  let pages = 0
  async function* repos() {
    for (;;) {
      const did = pages < 2 ? dids[pages]! : `did:plc:other${pages}`
      pages++
      yield [{ did, head: `head of ${did}`, active: true }]
    }
  }
  const confirmed = await heads.compare({
    changed: async () => new Set(),
    hostOf: async () => host,
    lists: () => ({ repos }) as unknown as ServiceLists,
    confirm: async () => true,
    signal: new AbortController().signal,
  })
  expect([...confirmed]).toEqual(dids.slice(0, 2))
  expect(pages).toBe(5)
})
