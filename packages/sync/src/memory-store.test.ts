import { describe, expect, it } from 'vitest'
import type { RecordChange, RepoEvent } from './events.ts'
import { MemoryStore } from './memory-store.ts'
import type { RepoState } from './store.ts'

const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const state: RepoState = { did: DID, host: '', active: true, sync: 'synchronized' }
const commit = (...changes: RecordChange[]): RepoEvent => ({
  type: 'commit',
  did: DID,
  rev: '3mptbypluud2a',
  time: '2026-01-01T00:00:00.000Z',
  changes,
  origin: 'firehose',
})
const put = (rkey: string, bytes: Uint8Array, more: Partial<RecordChange> = {}): RecordChange => ({
  action: 'create',
  collection: 'org.example.thing',
  rkey,
  cid: `cid-${rkey}`,
  bytes,
  ...more,
})

async function storeOf(...events: RepoEvent[]): Promise<MemoryStore> {
  const store = new MemoryStore()
  await store.apply({ events, repos: [state], cursors: new Map() })
  return store
}

describe('the store in memory', () => {
  it('keeps a malformed record for comparisons, and shows it nowhere', async () => {
    const store = await storeOf(commit(put('a', Buffer.of(0xa0)), put('b', Buffer.of(), { malformed: true })))
    expect([...(await store.records(DID)).keys()]).toEqual(['org.example.thing/a', 'org.example.thing/b'])
    expect([...store.visible(DID).keys()]).toEqual(['org.example.thing/a'])
  })

  it('keeps a record and not the message that it came in', async () => {
    const message = Buffer.alloc(1_000_000)
    const store = await storeOf(commit(put('a', message.subarray(10, 20))))
    message.fill(1)
    const { bytes } = store.visible(DID).get('org.example.thing/a')!
    expect([...bytes]).toEqual(Array(10).fill(0))
    expect(bytes.buffer.byteLength).toBeLessThan(100_000)
  })

  it('hides the records of an inactive account, and erases them when it is purged', async () => {
    const store = await storeOf(commit(put('a', Buffer.of(0xa0))))
    await store.apply({ events: [], repos: [{ ...state, active: false }], cursors: new Map() })
    expect(store.visible(DID).size).toBe(0)
    expect((await store.records(DID)).size).toBe(1)
    const purge: RepoEvent = { type: 'account', did: DID, active: false, purge: true, time: '' }
    await store.apply({ events: [purge], repos: [], cursors: new Map() })
    expect((await store.records(DID)).size).toBe(0)
  })
})
