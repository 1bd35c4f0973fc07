/** Feeds of datasets, accounts, collections and searches: read by independent parsers, the newest first. */
import { definition, nsid } from '@frost/lexicon'
import { DomUtils, parseDocument } from 'htmlparser2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'

const { getChildren, getElementsByTagName, getName, textContent } = DomUtils
const createdAt = '2026-01-01T00:00:00.000Z'

describe('feeds', () => {
  let world: Stand
  let noaa: Awaited<ReturnType<typeof newAccount>>
  beforeAll(async () => {
    world = await stand({ appview: { siteUrl: 'https://frost.example' } })
    noaa = await newAccount(world.network, 'ocean')
    await put('dataset.entry', 'sst', { title: 'Sea surface <temperature> & more' })
    await put('dataset.entry', 'ice', { title: 'Sea ice' })
    await put('dataset.version', '3kaaaaaaaaaaa', {
      dataset: uri('dataset.entry', 'sst'),
      version: 'v2',
      releasedAt: createdAt,
      entry: {
        uri: uri('dataset.entry', 'sst'),
        cid: (
          await put('dataset.entry', 'sst', {
            title: 'Sea surface <temperature> & more',
            description: 'Daily.',
          })
        ).cid,
      },
      changes: { summary: 'Calibrated anew' },
    })
    await put('dataset.collection', 'seas', { title: 'Seas' })
    await put('dataset.collectionItem', 'one', {
      collection: uri('dataset.collection', 'seas'),
      subject: { $type: definition('recordRef'), uri: uri('dataset.entry', 'sst') },
    })
    await world.until(
      () => read('collection.json', { uri: uri('dataset.collection', 'seas') }),
      ({ status, text }) => status === 200 && text.includes('v2'),
    )
    await world.appview.services.index.searchable()
  }, 60_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  const put = (collection: string, rkey: string, value: Record<string, unknown>) =>
    putRecord(noaa, collection, rkey, value)
  const uri = (collection: string, rkey: string) => `at://${noaa.did}/${nsid(collection)}/${rkey}`
  async function read(file: string, params: Record<string, string> = {}, headers = {}) {
    const response = await fetch(`${world.appview.url}/feeds/${file}?${new URLSearchParams(params)}`, {
      headers,
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const titles = ({ text }: { text: string }) =>
    (JSON.parse(text) as { items: { title: string }[] }).items.map(({ title }) => title)

  it('of a dataset: its versions, with what has changed, and the dataset itself', async () => {
    const feed = await read('dataset.json', { uri: uri('dataset.entry', 'sst') })
    expect(titles(feed).sort()).toEqual([
      'Sea surface <temperature> & more',
      'Sea surface <temperature> & more v2',
    ])
    const { items } = JSON.parse(feed.text) as { items: Record<string, string>[] }
    const version = items.find(({ title }) => title!.endsWith('v2'))
    expect(version).toMatchObject({
      content_text: 'Calibrated anew',
      url: `https://frost.example/d/${noaa.did}/sst`,
      id: uri('dataset.version', '3kaaaaaaaaaaa'),
    })
  })

  it('of an account, a collection and a search', async () => {
    expect(titles(await read('actor.json', { actor: noaa.account.handle }))).toContain('Collection: Seas')
    expect(titles(await read('collection.json', { uri: uri('dataset.collection', 'seas') }))).not.toContain(
      'Sea ice',
    )
    expect(titles(await read('search.json', { q: '"sea ice"' }))).toEqual(['Sea ice'])
  })

  it('is Atom that an independent parser reads, whatever titles hold', async () => {
    const { text, headers } = await read('dataset.atom', { uri: uri('dataset.entry', 'sst') })
    expect(headers.get('content-type')).toMatch(/^application\/atom\+xml/)
    const { children } = parseDocument(text, { xmlMode: true })
    const [feed] = getElementsByTagName('feed', children)
    expect(feed?.attribs.xmlns).toBe('http://www.w3.org/2005/Atom')
    const entries = getElementsByTagName('entry', feed!).map(entry =>
      Object.fromEntries(
        getChildren(entry).flatMap(child =>
          'attribs' in child ? [[getName(child), textContent(child)]] : [],
        ),
      ),
    )
    expect(entries.map(({ title }) => title).sort()).toEqual([
      'Sea surface <temperature> & more',
      'Sea surface <temperature> & more v2',
    ])
    expect(entries.every(({ id, updated, published }) => id && updated && published)).toBe(true)
  })

  it('answers 304 to who has the newest, and clear errors', async () => {
    const first = await read('search.atom')
    const again = await read('search.atom', {}, { 'If-None-Match': first.headers.get('etag')! })
    expect([again.status, again.text]).toEqual([304, ''])
    for (const [file, params, status, error] of [
      ['dataset.atom', { uri: uri('dataset.entry', 'none') }, 404, 'EntryNotFound'],
      ['dataset.atom', {}, 400, 'InvalidRequest'],
      ['actor.json', { actor: 'nobody.test' }, 404, 'ActorNotFound'],
      ['search.json', { bbox: 'x' }, 400, /Invalid/],
      ['search.xml', {}, 404, 'NotFound'],
    ] as const) {
      const answer = await read(file, params)
      expect(answer.status).toBe(status)
      expect(JSON.parse(answer.text).error).toMatch(error)
    }
  })
})
