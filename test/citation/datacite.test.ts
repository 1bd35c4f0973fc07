/** The client of DataCite's REST API against a server that holds requests against the published shapes; DataCite itself is never called. */
import { type Citable, type DataciteAttributes, dataciteAttributes } from '@frost/catalogs/citation/index'
import { Datacite, dataciteAccountFromEnv } from '@frost/client/datacite'
import { suffixOf } from '@frost/client/datacite-doi'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type DataciteServer, dataciteServer } from './datacite-server.ts'
import { realDatasets } from './datasets.ts'

let server: DataciteServer
let waits: number[]
let datacite: Datacite
beforeEach(async () => {
  server = await dataciteServer()
  waits = []
  datacite = new Datacite(server, { firstWaitMs: 1, onWait: wait => waits.push(wait) })
})
afterEach(() => server?.[Symbol.asyncDispose]())

const metadata = (citable: Citable, doi: string): DataciteAttributes & { doi: string } => ({
  ...dataciteAttributes({ ...citable, doi: undefined, url: 'https://frost.example/d/ada/x' }),
  doi,
})
const [dataset] = realDatasets() as [Citable]

it('makes a draft, publishes it, and the same again only brings it up to date', async () => {
  const doi = '10.5072/frost.a'
  const first = await datacite.mint(metadata(dataset, doi))
  expect(first).toEqual({ doi, state: 'findable', url: 'https://frost.example/d/ada/x', created: true })
  expect(server.asked).toEqual(['GET /dois/10.5072%2Ffrost.a', 'POST /dois', 'PUT /dois/10.5072%2Ffrost.a'])
  const again = await datacite.mint(metadata({ ...dataset, title: 'Renamed' }, doi))
  expect(again).toMatchObject({ state: 'findable', created: false })
  expect(server.dois.get(doi)?.attributes.titles).toMatchObject([{ title: 'Renamed' }])
  expect(server.dois.size).toBe(1)
})

it('takes up a draft', async () => {
  const doi = '10.5072/frost.b'
  expect(await datacite.mint(metadata(dataset, doi), { findable: false })).toMatchObject({ state: 'draft' })
  expect(await datacite.mint(metadata(dataset, doi))).toMatchObject({ state: 'findable', created: false })
})

it('waits as it is told to, or longer each time, and goes on', async () => {
  server.mishaps.push({ status: 429, retryAfter: '0' }, { status: 503 }, { status: 503 }, { status: 500 })
  expect(await datacite.mint(metadata(dataset, '10.5072/frost.c'))).toMatchObject({ state: 'findable' })
  expect(waits.length).toBe(4)
  expect(waits[0]).toBe(0)
  // Doubled, give or take a quarter.
  expect(waits[2]! / waits[1]!).toBeGreaterThan(1)
})

it('an answer that gets lost doubles nothing', async () => {
  for (const place of [0, 1, 2]) {
    const doi = `10.5072/frost.lost${place}`
    // Looking, making or publishing: what comes before the one whose answer is lost goes as usual.
    server.mishaps.push(...Array.from({ length: place }, () => 'none' as const), 'lost')
    expect(await datacite.mint(metadata(dataset, doi))).toMatchObject({ doi, state: 'findable' })
    expect([...server.dois.keys()].filter(key => key === doi)).toHaveLength(1)
  }
})

it('gives up in the end, and says what is wrong', async () => {
  server.mishaps.push(...Array.from({ length: 6 }, () => ({ status: 503 })))
  await expect(datacite.get('10.5072/frost.d')).rejects.toMatchObject({
    code: 'DoiRefused',
    message: expect.stringContaining('Service unavailable (503)'),
  })
  const stranger = new Datacite({ ...server, password: 'wrong' }, { firstWaitMs: 1 })
  await expect(stranger.get('10.5072/frost.d')).rejects.toMatchObject({
    code: 'BadCredentials',
    message: expect.not.stringContaining('wrong'),
  })
  await expect(datacite.mint(metadata(dataset, '10.1234/frost.d'))).rejects.toMatchObject({
    code: 'NotAllowed',
  })
  const { publicationYear, ...undated } = metadata(dataset, '10.5072/frost.e')
  await expect(datacite.mint(undated as never)).rejects.toMatchObject({
    code: 'DoiRefused',
    message: expect.stringContaining('publicationYear'),
  })
  const nowhere = new Datacite({ ...server, url: 'http://127.0.0.1:2' }, { firstWaitMs: 1 })
  await expect(nowhere.get('10.5072/frost.d')).rejects.toMatchObject({ code: 'Unreachable' })
})

it('the metadata of every real dataset is of the shapes that are published', async () => {
  for (const [place, citable] of realDatasets().entries())
    await datacite.mint(metadata(citable, `10.5072/frost.${place}`))
  expect(server.dois.size).toBe(realDatasets().length)
  expect([...server.dois.values()].every(({ state }) => state === 'findable')).toBe(true)
})

it('suffixes follow from the at-uri', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(suffixOf(a)).toBe(suffixOf(a))
      expect(suffixOf(a)).toMatch(/^frost(?:[.-][0-9a-hjkmnp-tv-z]{4}){4}$/)
      expect(suffixOf(a) === suffixOf(b)).toBe(a === b)
    }),
  )
})

it.each([
  [
    { FROST_DATACITE_PREFIX: '10.5072', FROST_DATACITE_PASSWORD: 'x' },
    'FROST_DATACITE_REPOSITORY is not set',
  ],
  [
    { FROST_DATACITE_REPOSITORY: 'A.B', FROST_DATACITE_PREFIX: 'doi', FROST_DATACITE_PASSWORD: 'x' },
    "FROST_DATACITE_PREFIX is 'doi'",
  ],
  [
    {
      FROST_DATACITE_REPOSITORY: 'A.B',
      FROST_DATACITE_PREFIX: '10.5072',
      FROST_DATACITE_PASSWORD: 'x',
      FROST_DATACITE_URL: 'http://api.example.org',
    },
    'FROST_DATACITE_URL is',
  ],
])('an account that cannot be used is named: %j', (env, message) => {
  expect(() => dataciteAccountFromEnv(env)).toThrow(message)
})
