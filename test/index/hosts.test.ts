/** Which hosts are gone is remembered, and said of their accounts, on both engines. */
import { describe, expect, it } from 'vitest'
import { ENGINES } from './engines.ts'
import { freshIndexes } from './fresh-indexes.ts'
import { ALICE, Events, TIME } from './network-of.ts'

const HOST = 'https://pds.example'

describe.each(ENGINES)('hosts in an index on %s', { timeout: 120_000 }, engine => {
  const indexes = freshIndexes(engine)

  it('are those of the accounts, and what was seen of them is kept', async () => {
    const index = await indexes.fresh('hosts')
    const events = new Events()
    const put = await events.put(ALICE, 'dataset.entry', 'one', { title: 'One', createdAt: TIME })
    await index.store.apply(events.batch([put]))
    expect(await index.hosts.hosts()).toEqual([{ host: HOST, isGone: false }])
    const archived = async () =>
      JSON.parse(String((await index.queries.getProfile({ actor: ALICE })).json)).archived
    const silent = { host: HOST, heardAt: TIME, silentSince: '2026-01-02T00:00:00.000Z' }
    let looks = 0
    const end = index.hosts.onLook(() => looks++)
    await index.hosts.remember([{ ...silent, isGone: false }])
    expect(await archived()).toBeUndefined()
    expect(await index.hosts.counts()).toEqual({ known: 1, gone: 0 })
    await index.hosts.remember([{ ...silent, isGone: true }])
    expect(await index.hosts.counts()).toEqual({ known: 1, gone: 1 })
    end()
    expect(looks).toBe(2)
    await indexes.close(index)
    const again = await indexes.fresh('hosts')
    expect(await again.hosts.counts()).toEqual({ known: 1, gone: 1 })
    expect(await again.hosts.hosts()).toEqual([{ ...silent, isGone: true }])
    const { archived: said } = JSON.parse(String((await again.queries.getProfile({ actor: ALICE })).json))
    expect(said).toEqual({ since: silent.silentSince, lastHeard: TIME })
    await again.hosts.remember([{ host: HOST, heardAt: '2026-01-03T00:00:00.000Z', isGone: false }])
    expect(
      JSON.parse(String((await again.queries.getProfile({ actor: ALICE })).json)).archived,
    ).toBeUndefined()
    await indexes.close(again)
  })
})
