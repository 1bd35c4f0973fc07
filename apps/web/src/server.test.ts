import { nsid } from '@frost/lexicon'
import { type Answer, WebServer } from '@frost/sync/testing/web-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configFromEnv } from './config.ts'
import { createSite } from './server.tsx'

const DID = `did:plc:${'a'.repeat(24)}`
const STRANGER = `did:plc:${'b'.repeat(24)}`
const LABELER = 'did:web:labels.example.org'
const author = { did: DID, handle: 'ada.example.org' }
const stranger = { did: STRANGER, handle: 'eve.example.org' }
const uriOf = (kind: string, key: string, did = DID) => `at://${did}/${nsid(kind)}/${key}`
const createdAt = '2026-01-01T00:00:00.000Z'

/** An AppView, gateway and host of pictures that answers what a test puts here, by the last part of what is asked. */
let server: WebServer
let answers: Record<string, Answer>
let faults: string[]
beforeEach(async () => {
  faults = []
  const definitions = [{ val: 'graphic-media', proposed: 'warn', blurs: 'media', names: [] }]
  answers = { listLabelers: { json: { labelers: [{ did: LABELER, definitions }] } } }
  server = await WebServer.start(({ pathname }) => {
    const answer = answers[pathname.slice(Math.max(pathname.lastIndexOf('.'), pathname.lastIndexOf('/')) + 1)]
    if (typeof answer === 'function') return answer
    const { headers = {}, ...said } = answer ?? { status: 404, json: { error: 'NotFound', message: 'none' } }
    return { ...said, headers: { 'content-type': 'application/json', ...headers } }
  })
})
afterEach(() => server[Symbol.asyncDispose]())

const refused = (error: string): Answer => ({ status: 404, json: { error, message: 'it is not here' } })

async function ask(path: string, headers: Record<string, string> = {}) {
  const config = configFromEnv({
    FROST_APPVIEW_URL: server.origin,
    FROST_GATEWAY_URL: server.origin,
    FROST_PUBLIC_URL: 'http://localhost:1',
  })
  const log = { error: (fields: object) => faults.push(String((fields as { err: Error }).err.stack)) }
  const answer = await createSite(config, log).request(path, { headers })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

const label = (uri: string, val: string) => [{ src: LABELER, uri, val, cts: createdAt }]

describe('a tombstone', () => {
  const gone = uriOf('dataset.entry', 'melt')
  const referrer = (kind: string, record: object, val?: string) => {
    const uri = uriOf(kind, '3laaaaaaaaa2a', STRANGER)
    const labels = val && { labels: label(uri, val) }
    return { uri, author: stranger, record: { createdAt, ...record }, ...labels }
  }
  const page = (...citations: object[]) => {
    answers = {
      ...answers,
      getEntry: refused('EntryNotFound'),
      getTombstone: { json: { uri: gone, state: 'deleted', author, notices: [], deletedAt: createdAt } },
      listCitations: { json: { citations } },
    }
    return ask('/d/ada.example.org/melt')
  }

  it.each([
    ['an entry that has fields of a citation', 'dataset.entry', { citing: { uri: 5 } }],
    ['a citation by no reference', 'graph.citation', { citing: { uri: 5, value: {}, scheme: [] } }],
    ['a citation by nothing', 'graph.citation', { citing: null, relation: { toString: 1 } }],
    ['a title that is no text', 'dataset.entry', { title: { toString: 1 }, derivedFrom: [null] }],
    ['a version of nothing', 'dataset.version', { dataset: 5, version: { toString: 1 } }],
  ])('is shown, whatever refers to it: %s', async (_, kind, record) => {
    const { status, text } = await page(referrer(kind, record))
    expect([status, faults]).toEqual([410, []])
    expect(text).toContain('This dataset was deleted')
    expect(text).toContain('eve.example.org')
  })

  it.each([
    ['graph.citation', { citing: { uri: 'https://example.org/vile' }, relation: 'cites' }],
    ['dataset.entry', { title: 'https://example.org/vile', derivedFrom: [{ ref: { uri: gone } }] }],
  ])('hides what labels hide of what refers to it: %s', async (kind, record) => {
    expect((await page(referrer(kind, record))).text).toContain('https://example.org/vile')
    const { text } = await page(referrer(kind, record, '!hide'))
    expect(text).not.toContain('example.org/vile')
    expect(text).toContain('is hidden')
  })
})

describe('a version', () => {
  const entry = (key: string) => ({
    uri: uriOf('dataset.entry', key),
    cid: 'bafyreiaaaa',
    author,
    record: { title: key, createdAt },
  })
  const version = {
    uri: uriOf('dataset.version', '3laaaaaaaaa2a'),
    cid: 'bafyreibbbb',
    author,
    record: {
      dataset: uriOf('dataset.entry', 'ice'),
      version: '1.0',
      releasedAt: createdAt,
      entry: { uri: uriOf('dataset.entry', 'ice'), cid: 'bafyreiaaaa' },
    },
  }

  it.each(['', '/preview', '?format=bibtex', '?format=json'])(
    'is found under its own dataset alone: %s',
    async rest => {
      answers = {
        ...answers,
        getEntry: { json: { entry: entry('snow') } },
        getVersion: { json: { version } },
      }
      const { status, text } = await ask(`/d/ada.example.org/snow/v/3laaaaaaaaa2a${rest}`)
      expect([status, faults]).toEqual([404, []])
      expect(text).toContain('There is nothing at this address')
      answers.getEntry = { json: { entry: entry('ice') } }
      answers.getThread = { json: { dataset: uriOf('dataset.entry', 'ice'), comments: [] } }
      expect((await ask(`/d/ada.example.org/ice/v/3laaaaaaaaa2a${rest}`)).status).toBe(200)
    },
  )
})

describe('citations', () => {
  it('name what cites by what its labels say of it, and stand without a record that stands above', async () => {
    const dataset = uriOf('dataset.entry', 'vile', STRANGER)
    const record = { title: 'Ice', createdAt }
    const citation = (val?: string) => ({
      uri: dataset,
      cid: 'bafyreibbbb',
      author: stranger,
      indexedAt: createdAt,
      relation: 'cites',
      assertedBy: 'downstream-owner',
      other: {
        id: dataset,
        kind: 'entry',
        dataset,
        title: 'A vile title',
        author: stranger,
        state: 'available',
        ...(val && { labels: label(dataset, val) }),
      },
    })
    const page = (...citations: object[]) => {
      answers = {
        ...answers,
        getEntry: {
          json: { entry: { uri: uriOf('dataset.entry', 'ice'), cid: 'bafyreiaaaa', author, record } },
        },
        listCitations: { json: { citations } },
      }
      return ask('/d/ada.example.org/ice/citations')
    }
    const plain = await page({ ...citation(), record }, citation())
    expect([plain.status, faults]).toEqual([200, []])
    expect(plain.text.split('A vile title')).toHaveLength(3)
    const { text } = await page(citation('!hide'))
    expect(text).not.toContain('A vile title')
    expect(text).toContain('Labelled: ')
  })
})

describe('a dataset that labels cover', () => {
  const uri = uriOf('dataset.entry', 'ice')
  const path = '/d/ada.example.org/ice'
  const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])
  const told = [
    'property="og:description"',
    'property="og:image"',
    'application/ld+json',
    'name="description"',
  ]
  const labelled = (val?: string) => {
    const record = {
      title: 'Ice',
      description: 'What is there to be seen',
      createdAt,
      image: { uri: `${server.origin}/map.png` },
      distributions: [{ id: 'bucket', uri: 's3://ice/here' }],
    }
    answers = {
      ...answers,
      getEntry: {
        json: { entry: { uri, cid: 'bafyreiaaaa', author, record, ...(val && { labels: label(uri, val) }) } },
      },
      getRecord: { json: { entry: { uri } } },
      listVersions: { json: { versions: [] } },
      listHeads: { json: { heads: [] } },
      listMirrors: { json: { mirrors: [] } },
      listOffers: { json: { offers: [] } },
      list: { json: { path: '', entries: [{ name: 'a-file.nc', size: 1 }] } },
      png: response => void response.writeHead(200, { 'content-type': 'image/png' }).end(PNG),
    }
  }

  it('is told to machines where none does', async () => {
    labelled()
    const page = await ask(path)
    for (const one of told) expect(page.text).toContain(one)
    expect(page.headers.get('link')).toContain('describedby')
    expect((await ask(`${path}/files`)).text).toContain('a-file.nc')
    expect((await ask(`/thumbnail/${DID}/ice`)).status).toBe(200)
    expect(faults).toEqual([])
  })

  it.each(['graphic-media', '!warn', '!hide'])(
    'tells nothing of itself in its head, and asks not to be listed: %s',
    async val => {
      labelled(val)
      const page = await ask(path)
      expect(page.status).toBe(200)
      for (const one of told) expect(page.text).not.toContain(one)
      expect(page.text).toContain('<meta name="robots" content="noindex"')
      expect(page.headers.get('link')).toBeNull()
      const files = await ask(`${path}/files`)
      expect(files.text).toContain('<meta name="robots" content="noindex"')
      expect(files.text).toContain('class="veiled"')
    },
  )

  it('can still be had after a warning', async () => {
    labelled('graphic-media')
    expect((await ask(`${path}?format=json`)).status).toBe(200)
    expect((await ask(`/thumbnail/${DID}/ice`)).status).toBe(200)
    expect((await ask(`${path}/files`)).text).toContain('a-file.nc')
  })

  it.each(['!hide', '!no-unauthenticated'])(
    'cannot be had by another way where nobody may see it: %s',
    async val => {
      labelled(val)
      expect((await ask(path)).text).not.toContain('What is there to be seen')
      expect((await ask(`${path}/files`)).text).not.toContain('a-file.nc')
      for (const way of [
        '?format=json',
        '?format=schema.org',
        '?format=bibtex',
        '/preview',
        '/preview?part=body',
      ]) {
        const { status, text } = await ask(path + way)
        expect([way, status]).toEqual([way, 403])
        expect(text).toContain('is hidden')
      }
      expect((await ask(path, { accept: 'application/ld+json' })).status).toBe(403)
      expect((await ask(`/thumbnail/${DID}/ice`)).status).toBe(404)
      expect(server.asked.some(one => one.endsWith('.png'))).toBe(false)
    },
  )

  it('is the same of one of its versions', async () => {
    labelled('!hide')
    const record = { dataset: uri, version: '1', releasedAt: createdAt, entry: { uri, cid: 'bafyreiaaaa' } }
    const version = { uri: uriOf('dataset.version', '3laaaaaaaaa2a'), cid: 'bafyreibbbb', author, record }
    answers.getVersion = { json: { version } }
    expect((await ask(`${path}/v/3laaaaaaaaa2a?format=json`)).status).toBe(403)
    expect((await ask(`${path}/v/3laaaaaaaaa2a/preview`)).status).toBe(403)
  })
})

describe('the files of a copy', () => {
  it('are led to below its address, however many slashes end it', async () => {
    const entry = {
      uri: uriOf('dataset.entry', 'ice'),
      cid: 'bafyreiaaaa',
      author,
      record: {
        title: 'Ice',
        createdAt,
        distributions: [{ id: 'b', uri: `https://example.org/${'/'.repeat(2000)}a//?sig=1` }],
      },
    }
    answers = {
      ...answers,
      getEntry: { json: { entry } },
      list: {
        json: { path: '', entries: Array.from({ length: 500 }, (_, at) => ({ name: `${at} \ud800.nc` })) },
      },
    }
    const { status, text } = await ask('/d/ada.example.org/ice/files')
    expect([status, faults]).toEqual([200, []])
    const links = [...text.matchAll(/href="https:\/\/example\.org\/+([^"]*)"/g)].map(([, end]) => end)
    expect(links).toHaveLength(500)
    expect(links[7]).toBe('a/7%20%EF%BF%BD.nc?sig=1')
  })
})

describe('what the AppView has for programs', () => {
  const feed = '/feeds/dataset.atom?uri=at%3A%2F%2Fdid%3Aplc%3Aa&x=1'
  const link = '<https://appview.example.org/websub>; rel="hub"'
  beforeEach(() => {
    answers.atom = {
      text: '<feed/>',
      headers: {
        'content-type': 'application/atom+xml; charset=utf-8',
        etag: '"new"',
        'cache-control': 'public, max-age=60',
        'set-cookie': 'of=the-appview',
        link,
      },
    }
  })

  it('is passed on by the site, which visitors can reach', async () => {
    const { status, headers, text } = await ask(feed)
    expect([status, text]).toEqual([200, '<feed/>'])
    expect(server.asked).toContain(feed)
    expect(headers.get('content-type')).toBe('application/atom+xml; charset=utf-8')
    expect([headers.get('etag'), headers.get('link')]).toEqual(['"new"', link])
    expect(headers.get('set-cookie')).toBeNull()
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it('is said again only to who has another, and for whom is told', async () => {
    const asked: unknown[] = []
    const { answer } = server
    server.answer = (url, request) => {
      if (!url.pathname.startsWith('/feeds/')) return answer(url, request)
      asked.push([request.headers['if-none-match'], request.headers['x-forwarded-for']])
      return response => void response.writeHead(304, { etag: '"new"' }).end()
    }
    const headers = { 'if-none-match': '"new"', 'x-forwarded-for': '203.0.113.7', cookie: 'of=the-visitor' }
    const said = await ask(feed, headers)
    expect([said.status, said.text, said.headers.get('etag')]).toEqual([304, '', '"new"'])
    expect(asked).toEqual([['"new"', '203.0.113.7']])
  })

  it('is refused as the AppView refuses it, and fails as a page does', async () => {
    answers.atom = { status: 429, json: { error: 'RateLimitExceeded' }, headers: { 'retry-after': '7' } }
    const refusal = await ask(feed)
    expect([refusal.status, refusal.headers.get('retry-after')]).toEqual([429, '7'])
    answers.atom = { status: 503, json: {} }
    expect((await ask(feed)).status).toBe(502)
    expect(faults.join()).toContain('the AppView answered 503 to /feeds/dataset.atom')
  })

  it.each(['/feeds/..%2Fmetrics', '/feeds/dataset.html', '/feeds/..%2f..%2fadmin.json'])(
    'is feeds alone: %s',
    async path => {
      expect((await ask(path)).status).toBe(404)
      expect(server.asked.filter(one => !one.includes('listLabelers'))).toEqual([])
    },
  )

  it('is the proof of a record too, where its owner is not to be asked', async () => {
    const uri = uriOf('dataset.entry', 'ice')
    const entry = { uri, cid: 'bafyreiaaaa', author, record: { title: 'Ice', createdAt } }
    answers.getEntry = { json: { entry } }
    answers.getProof = { text: 'CAR', headers: { 'content-type': 'application/vnd.ipld.car' } }
    for (const one of [entry, { ...entry, author: { ...author, archived: true } }]) {
      answers.getEntry = { json: { entry: one } }
      const proof = await ask(`/d/ada.example.org/ice/proof${one === entry ? '?from=index' : ''}`)
      expect([proof.status, proof.text]).toEqual([200, 'CAR'])
      expect(proof.headers.get('content-type')).toBe('application/vnd.ipld.car')
    }
    expect(server.asked).toContain(`/xrpc/${nsid('service.getProof')}?${new URLSearchParams({ uri })}`)
  })

  it('stands in no page by an address of its own', async () => {
    const uri = uriOf('dataset.entry', 'ice')
    const record = { title: 'Ice', createdAt }
    const counts = { versions: 0, heads: 0, mirrors: 0, offers: 0 }
    answers = {
      ...answers,
      getEntry: { json: { entry: { uri, cid: 'bafyreiaaaa', author, record, counts } } },
      getProfile: { json: { ...author, counts: {} } },
      listEntries: { json: { entries: [] } },
      searchEntries: { json: { entries: [], total: 0 } },
      countFacets: { json: { facets: [] } },
      countTimeline: { json: { buckets: [], undated: 0, total: 0 } },
      json: { json: { id: 'did:web:appview.example.org' } },
    }
    for (const path of ['/d/ada.example.org/ice', '/p/ada.example.org', '/search?q=ice', '/about']) {
      const { status, text } = await ask(path)
      expect([path, status, faults]).toEqual([path, 200, []])
      expect(text.includes(server.host)).toBe(false)
      expect(text).toContain(path === '/about' ? 'did:web:appview.example.org' : '/feeds/')
    }
  })
})
