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

/** An AppView that answers what a test puts here, by the last part of a method's name. */
let server: WebServer
let answers: Record<string, Answer>
let faults: string[]
beforeEach(async () => {
  faults = []
  answers = { listLabelers: { json: { labelers: [{ did: LABELER, definitions: [] }] } } }
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
  const config = configFromEnv({ FROST_APPVIEW_URL: server.origin, FROST_PUBLIC_URL: 'http://localhost:1' })
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
