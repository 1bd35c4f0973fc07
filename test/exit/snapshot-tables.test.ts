/** The edition for analysis: tables that anybody may fetch, and that the usual tools read as they are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askXrpc, newAccount, putRecord, type Stand, stand } from '../stand.ts'
import { entry, entryUri } from './account.ts'

type Author = Awaited<ReturnType<typeof newAccount>>

interface Answer {
  readonly seq: number
  readonly since?: number
  readonly files: { name: string; url: string; size: string; digest: { value: string } }[]
}

describe('a snapshot for analysis', { timeout: 60_000 }, () => {
  let world: Stand
  let folder: string
  let ada: Author
  let bob: Author
  let first: Answer
  beforeAll(async () => {
    world = await stand({ appview: { adminPassword: 'operators' } })
    folder = mkdtempSync(join(tmpdir(), 'frost-tables-'))
    ada = await newAccount(world.network, 'ada-tables')
    bob = await newAccount(world.network, 'bob-tables')
    await putRecord(ada, 'actor.profile', 'self', { name: 'Ada' })
    const sst = await putRecord(ada, 'dataset.entry', 'sst', {
      ...entry('Sea surface'),
      identifiers: [{ scheme: 'doi', value: '10.5067/sst', covers: 'dataset' }],
      subjects: [{ term: 'Ocean' }],
      coverage: {
        spatial: [{ bbox: { west: '-10.5', south: '40', east: '3', north: '51.25' } }],
        temporal: [{ start: '1981-09', ongoing: true }],
      },
    })
    const { uri } = await putRecord(ada, 'dataset.version', '3khuwc44c22oh', {
      dataset: entryUri(ada.did, 'sst'),
      entry: { uri: sst.uri, cid: sst.cid },
      version: '2.1',
      releasedAt: '2026-01-01T00:00:00Z',
    })
    await putRecord(bob, 'dataset.entry', 'derived', {
      ...entry('Derived'),
      derivedFrom: [{ ref: { $type: `${nsid('defs')}#recordRef`, uri } }],
    })
    await putRecord(bob, 'dataset.entry', 'broken', { title: 7 })
    await putRecord(bob, 'dataset.entry', 'private', entry('Withdrawn soon'))
    await putRecord(bob, 'dataset.entry', 'last', entry('Last'))
    await world.until(counts, found => found['dataset.entry'] === 4)
    await bob.agent.com.atproto.repo.deleteRecord({
      repo: bob.did,
      collection: nsid('dataset.entry'),
      rkey: 'private',
    })
    await world.until(counts, found => found['dataset.entry'] === 3)
    first = await world.ask<Answer>('service.exportSnapshot')
  }, 60_000)
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  const counts = async () => {
    const { counts: all } = await world.appview.services.index.status()
    return Object.fromEntries(
      Object.entries(all).map(([name, count]) => [name.slice(nsid('').length), count]),
    )
  }

  async function fetched({ files }: Answer, name: string): Promise<string> {
    const file = files.find(one => one.name === `${name}.parquet`)!
    const path = join(folder, `${file.digest.value}.parquet`)
    writeFileSync(path, Buffer.from(await (await fetch(file.url)).arrayBuffer()))
    return path
  }

  async function query(sql: string): Promise<unknown[][]> {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    try {
      return (await (await connection.runAndReadAll(sql)).getRowsJson()) as unknown[][]
    } finally {
      connection.closeSync()
    }
  }

  it('holds every record that is shown, word for word, and nothing that is withdrawn or invalid', async () => {
    const records = await fetched(first, 'records')
    const rows = await query(
      `select uri, cid, json_extract_string(record, '$.title'), seq from '${records}' order by uri`,
    )
    const held = await world.appview.services.index.database
      .selectFrom('record')
      .select(['uri', 'cid', 'json', 'seq'])
      .where('visible', '=', 1)
      .orderBy('uri')
      .execute()
    expect(rows).toEqual(
      held.map(({ uri, cid, json, seq }) => [uri, cid, JSON.parse(json).title ?? null, String(seq)]),
    )
    expect(JSON.stringify(rows)).not.toMatch(/private|broken/)
    expect(await query(`select typeof(indexed_at), typeof(seq) from '${records}' limit 1`)).toEqual([
      ['TIMESTAMP WITH TIME ZONE', 'BIGINT'],
    ])
  })

  it('tells of datasets, versions, lineage and accounts in columns', async () => {
    const [entries, versions, lineage, accounts] = await Promise.all(
      ['entries', 'versions', 'lineage', 'accounts'].map(name => fetched(first, name)),
    )
    expect(
      await query(
        `select title, handle, slug, doi, west, south, east, north, floor(covers_from), covers_until,
          formats, keywords, json_array_length(distributions) from '${entries}' where slug = 'sst'`,
      ),
    ).toEqual([
      [
        ...['Sea surface', ada.account.handle, 'sst', '10.5067/sst'],
        ...[-10.5, 40, 3, 51.25, 1981, null, '["zarr"]', '["ocean"]', '1'],
      ],
    ])
    expect(
      await query(
        `select e.title, v.version, a.name from '${versions}' v
          join '${entries}' e on v.dataset = e.uri join '${accounts}' a on a.did = v.did`,
      ),
    ).toEqual([['Sea surface', '2.1', 'Ada']])
    expect(await query(`select downstream, relation, asserted_by from '${lineage}'`)).toEqual([
      [entryUri(bob.did, 'derived'), 'is-derived-from', 'downstream-owner'],
    ])
  })

  it('is read by ranges, and asked for once', async () => {
    const { url, size, digest } = first.files[0]!
    const head = await fetch(url, { method: 'HEAD' })
    expect(Object.fromEntries(head.headers)).toMatchObject({
      'content-length': size,
      'accept-ranges': 'bytes',
      etag: `"${digest.value}"`,
      'content-type': 'application/vnd.apache.parquet',
    })
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer())
    const range = async (text: string) => {
      const response = await fetch(url, { headers: { range: text } })
      return [response.status, Buffer.from(await response.arrayBuffer()).toString('hex')]
    }
    const hex = (from: number, to?: number) => whole.subarray(from, to).toString('hex')
    expect(await range('bytes=0-3')).toEqual([206, hex(0, 4)])
    expect(await range('bytes=-8')).toEqual([206, hex(-8)])
    expect(await range('bytes=10-')).toEqual([206, hex(10)])
    expect(await range(`bytes=${size}-`)).toEqual([416, ''])
    expect((await range('bytes=0-1,3-4'))[0]).toBe(200)
    expect((await fetch(url, { headers: { 'if-none-match': `"${digest.value}"` } })).status).toBe(304)
    expect(await world.ask<Answer>('service.exportSnapshot')).toEqual(first)
    expect((await fetch(url.replace(/\/[^/]+\/[^/]+$/, '/guess/records.parquet'))).status).toBe(404)
    expect((await fetch(`${url}/../snapshot.json`)).status).toBe(404)
  })

  it('goes on from a seq, and says what was withdrawn since', async () => {
    await putRecord(ada, 'dataset.entry', 'new', entry('New'))
    await bob.agent.com.atproto.server.deactivateAccount({})
    await world.until(counts, found => found['dataset.entry'] === 2)
    const more = await world.ask<Answer>('service.exportSnapshot', { since: String(first.seq) })
    expect(more.since).toBe(first.seq)
    expect(more.seq).toBeGreaterThan(first.seq)
    expect(await query(`select slug from '${await fetched(more, 'entries')}'`)).toEqual([['new']])
    expect(await query(`select name from '${await fetched(more, 'withdrawn')}'`)).toEqual([[bob.did]])
    await bob.agent.com.atproto.server.activateAccount()
    await world.until(counts, found => found['dataset.entry'] === 4)
    const back = await world.ask<Answer>('service.exportSnapshot', { since: String(more.seq) })
    const slugs = await query(`select slug from '${await fetched(back, 'entries')}' order by slug`)
    expect(slugs).toEqual([['derived'], ['last']])
    expect(await query(`select * from '${await fetched(back, 'withdrawn')}'`)).toEqual([])
  })

  it('is refused with a reason where it is not for whoever asks, or cannot be', async () => {
    const ask = (params: Record<string, string>) =>
      askXrpc(world.appview.url, 'service.exportSnapshot', params)
    await expect(ask({ edition: 'car' })).rejects.toMatchObject({ status: 401, error: 'AuthMissing' })
    await expect(ask({ edition: 'xml' })).rejects.toThrow("edition is 'xml': ask for one of parquet, car")
    await expect(ask({ since: '999999' })).rejects.toMatchObject({ error: 'FutureCursor' })
  })
})
