import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HttpClient, HttpError } from './http.ts'
import { ServiceLists } from './listing.ts'
import { WebServer } from './testing/web-server.ts'

const http = new HttpClient({ allowLoopbackHttp: true })
const { signal } = new AbortController()
let server: WebServer
let lists: ServiceLists
beforeEach(async () => {
  server = await WebServer.start(() => ({ json: {} }))
  lists = new ServiceLists(http, server.origin)
})
afterEach(() => server[Symbol.asyncDispose]())

async function all<T>(pages: AsyncIterable<T[]>): Promise<T[]> {
  const found: T[] = []
  for await (const page of pages) found.push(...page)
  return found
}
const did = (n: number) => `did:web:n${n}.test`
const repo = (n: number) => ({ did: did(n), head: `head${n}`, active: true })

describe('the repositories that a service lists', () => {
  it('come page by page to the end', async () => {
    server.answer = ({ searchParams }) => {
      const from = Number(searchParams.get('cursor') ?? 0)
      const repos = [from, from + 1].map(repo)
      return { json: { repos, ...(from < 4 && { cursor: String(from + 2) }) } }
    }
    const found = await all(lists.repos({ signal, mostRepos: 1000 }))
    expect(found).toEqual([0, 1, 2, 3, 4, 5].map(repo))
    expect(server.asked).toHaveLength(3)
    expect(server.asked[1]).toContain('cursor=2')
  })

  it('are all of a page that is larger than was asked for: there is no next one', async () => {
    server.answer = () => ({ json: { repos: Array.from({ length: 5000 }, (_, n) => repo(n)) } })
    expect(await all(lists.repos({ signal, mostRepos: 10_000 }))).toHaveLength(5000)
  })

  it('with records of a collection are their DIDs', async () => {
    server.answer = ({ searchParams }) => ({
      json: { repos: searchParams.get('collection') === 'org.example.thing' ? [{ did: did(1) }] : [] },
    })
    expect(await all(lists.reposByCollection('org.example.thing', { signal, mostRepos: 10 }))).toEqual([
      did(1),
    ])
    expect(await all(lists.reposByCollection('org.example.other', { signal, mostRepos: 10 }))).toEqual([])
  })

  it('are those that can be read, each field for itself', async () => {
    server.answer = () => ({
      json: {
        repos: [
          null,
          7,
          { did: 'nobody' },
          { did: did(1), head: 7, active: false, status: 'takendown' },
          { did: did(2), status: 'x'.repeat(1000) },
        ],
      },
    })
    expect(await all(lists.repos({ signal, mostRepos: 1000 }))).toEqual([
      { did: did(1), active: false, status: 'takendown' },
      { did: did(2), active: true, status: 'x'.repeat(100) },
    ])
  })

  it.each([
    ['whose cursor stands still', () => ({ repos: [repo(1)], cursor: 'same' }), 2],
    ['whose pages are empty', (n: number) => ({ repos: [], cursor: String(n) }), 3],
    ['that is longer than anybody may list', (n: number) => ({ repos: [repo(n)], cursor: String(n) }), 20],
    ['that says nothing', () => null, 1],
  ])('of a list %s are cut off', async (_, answer, asked) => {
    let page = 0
    server.answer = () => ({ text: JSON.stringify(answer(++page)) })
    await all(lists.repos({ signal, mostRepos: 20 }))
    expect(server.asked).toHaveLength(asked)
  })

  it('are not those of an answer without end', async () => {
    server.answer = () => ({ text: `{"repos": [${' '.repeat(5_000_000)}]}` })
    await expect(all(lists.repos({ signal, mostRepos: 1000 }))).rejects.toThrow(/larger than/)
  })

  it('a service that does not know the method says so', async () => {
    server.answer = () => ({ status: 501, json: { error: 'MethodNotImplemented' } })
    const asking = all(lists.reposByCollection('org.example.thing', { signal, mostRepos: 10 }))
    await expect(asking).rejects.toMatchObject({ status: 501 })
  })
})

describe('the kind of a service', () => {
  it.each([
    ['pds', 200],
    ['relay', 404],
    ['relay', 400],
    ['relay', 501],
  ])('%s: it answers %i', async (kind, status) => {
    server.answer = () => ({ status })
    expect(await lists.kind(signal)).toBe(kind)
    expect(server.asked).toEqual(['/xrpc/com.atproto.server.describeServer'])
  })

  it.each([429, 500, 502, 503])('is not known: it answers %i', async status => {
    server.answer = () => ({ status })
    await expect(lists.kind(signal)).rejects.toThrow(HttpError)
  })
})

describe('the hosts that a relay lists', () => {
  async function hosts(mostHosts: number): Promise<string[]> {
    const found: string[] = []
    for await (const host of lists.hosts({ signal, mostHosts })) found.push(host)
    return found
  }

  it('are named, those it banned left out, up to a number', async () => {
    server.answer = ({ searchParams }) => {
      if (searchParams.get('cursor') === 'more') return { json: { hosts: [{ hostname: 'c.test' }] } }
      const banned = { hostname: 'bad.test', status: 'banned' }
      return {
        json: {
          hosts: [{ hostname: 'a.test' }, banned, { hostname: 7 }, { hostname: 'b.test' }],
          cursor: 'more',
        },
      }
    }
    expect(await hosts(10)).toEqual(['a.test', 'b.test', 'c.test'])
    expect(await hosts(2)).toEqual(['a.test', 'b.test'])
  })

  it('of a list whose cursor stands still are cut off', async () => {
    server.answer = () => ({ json: { hosts: [{ hostname: 'a.test' }], cursor: 'same' } })
    expect(await hosts(100)).toEqual(['a.test', 'a.test'])
  })
})

it('the collections of a repository are names and nothing else', async () => {
  server.answer = () => ({ json: { collections: ['org.example.thing', 7, null] } })
  expect(await lists.collections(did(1), signal)).toEqual(['org.example.thing'])
  server.answer = () => ({ json: { collections: 'all' } })
  expect(await lists.collections(did(1), signal)).toEqual([])
})
