import { definition, nsid } from '@frost/lexicon'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, type Stand, stand } from '../stand.ts'
import { chromiumPath, startBrowser, startSite } from './site.ts'

const ENTRY = nsid('dataset.entry')
const createdAt = '2025-01-01T00:00:00.000Z'
const HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">'
const executable = chromiumPath()

describe.skipIf(executable === undefined)('the site in Chromium', () => {
  let world: Stand
  let site: Awaited<ReturnType<typeof startSite>>
  let browser: Browser
  let did: string

  beforeAll(async () => {
    world = await stand()
    site = await startSite(world.appview.url, undefined, {
      FROST_SECURITY_CONTACT: 'mailto:security@example.org https://example.org/security',
    })
    browser = await startBrowser(executable!)
    const account = await newAccount(world.network, 'oceanlab')
    did = account.did
    const put = (rkey: string, record: Record<string, unknown>, collection: string = ENTRY) =>
      account.agent.com.atproto.repo.putRecord({
        repo: did,
        collection,
        rkey,
        record: { $type: collection, createdAt, ...record },
        validate: false,
      })
    await put('self', { name: 'Ocean Laboratory', kind: 'organization' }, nsid('actor.profile'))
    await put('buoys', {
      title: 'Buoy temperatures of the Baltic Sea',
      description: 'Hourly **sea surface temperature** of forty buoys.\n\n[Guide](https://example.org/guide)',
      rights: [{ spdx: 'CC-BY-4.0' }],
      subjects: [{ term: 'oceanography' }],
      creators: [{ name: 'Ada Lovelace', identifiers: [{ scheme: 'orcid', value: '0000-0002-1825-0097' }] }],
      identifiers: [{ scheme: 'doi', value: '10.5281/zenodo.1', covers: 'dataset' }],
      distributions: [
        { id: 'zarr', uri: 's3://ocean/buoys.zarr', format: 'zarr', contentSize: '1500000000' },
        { id: 'csv', uri: 'https://example.org/buoys.csv', format: 'csv' },
      ],
      coverage: {
        spatial: [{ bbox: { west: '9', south: '53', east: '30', north: '66' } }],
        temporal: [{ start: '2001', ongoing: true }],
      },
      models: [
        {
          $type: definition('arrayModel'),
          variables: [{ name: 'sst', longName: 'Sea surface temperature', units: 'degC' }],
        },
      ],
    })
    await put('gauges', {
      title: 'River gauges of Sweden',
      description: 'Water levels',
      distributions: [{ id: 'csv', uri: 'https://example.org/g.csv', format: 'csv' }],
      derivedFrom: [{ ref: { $type: definition('recordRef'), uri: `at://${did}/${ENTRY}/buoys` } }],
    })
    await put('hostile', {
      title: `Hostile ${HOSTILE}`,
      description: `${HOSTILE}\n\n[link](javascript:window.hacked=1) ${'word '.repeat(1500)} \u202eRTL 🧊`,
      landingPage: 'javascript:window.hacked=1',
      subjects: [{ term: HOSTILE }, { term: 'x'.repeat(250) }],
      creators: [{ name: HOSTILE, url: 'javascript:window.hacked=1' }],
      distributions: [{ id: HOSTILE.slice(0, 60), uri: 'javascript:window.hacked=1', title: HOSTILE }],
      image: { $type: definition('urlRef'), uri: 'javascript:window.hacked=1' },
      coverage: {
        spatial: [{ bbox: { west: 'NaN', south: HOSTILE.slice(0, 60), east: '1e999', north: '-400' } }],
      },
    })
    const { index } = world.appview.services
    await world.until(
      () => index.status(),
      ({ counts, seq, searchSeq }) => counts[ENTRY] === 3 && searchSeq === seq,
    )
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
    await world?.[Symbol.asyncDispose]()
  })

  /** A page without script that fails the test at any error of its own. */
  async function visit(
    path: string,
    options: { width?: number; javaScriptEnabled?: boolean } = {},
  ): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1280, height: 900 },
      javaScriptEnabled: options.javaScriptEnabled ?? false,
    })
    const page = await context.newPage()
    await page.goto(site.url + path)
    return page
  }

  it('leads from the home page by a search to a dataset, and on to its publisher', async () => {
    const page = await visit('/')
    await page.getByRole('searchbox').fill('buoy temperature')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: 'Buoy temperatures of the Baltic Sea' }).click()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
      'Buoy temperatures of the Baltic Sea',
    )
    const text = (await page.locator('main').textContent()) ?? ''
    for (const fact of [
      'CC-BY-4.0',
      's3://ocean/buoys.zarr',
      '1.5 GB',
      'Sea surface temperature',
      'degC',
      'Ada Lovelace',
      '10.5281/zenodo.1',
    ])
      expect(text).toContain(fact)
    expect(await page.locator('.prose strong').textContent()).toBe('sea surface temperature')
    await page.getByRole('link', { name: 'Ocean Laboratory' }).first().click()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Ocean Laboratory')
    expect(await page.locator('article').count()).toBe(3)
  })

  it('narrows results by a facet and takes it off again', async () => {
    const page = await visit('/search?q=baltic+river+temperature')
    expect(await page.locator('article.result').count()).toBe(2)
    await page.locator('aside').getByRole('link', { name: /^zarr/ }).click()
    expect(await page.locator('article.result').count()).toBe(1)
    expect(new URL(page.url()).searchParams.getAll('format')).toEqual(['zarr'])
    await page.getByRole('link', { name: /Remove Format: zarr/ }).click()
    expect(await page.locator('article.result').count()).toBe(2)
  })

  it('shows no empty boxes where nothing is found, and no endless heading', async () => {
    const page = await visit(`/search?q=${'qx'.repeat(600)}`)
    expect((await page.locator('h1').textContent())!.length).toBeLessThan(260)
    expect(await page.locator('section[aria-label="Narrow the results"]').isVisible()).toBe(false)
    expect(await page.locator('.pager').isVisible()).toBe(false)
  })

  it('shows what a dataset was made from', async () => {
    const page = await visit('/d/oceanlab.icehub.test/gauges')
    await page.getByRole('link', { name: 'Buoy temperatures of the Baltic Sea' }).click()
    expect(page.url()).toContain('/buoys')
  })

  it('tells machines what it tells people', async () => {
    const page = await visit('/d/oceanlab.icehub.test/buoys')
    const json = JSON.parse((await page.locator('script[type="application/ld+json"]').textContent()) ?? '')
    expect(json).toMatchObject({
      '@context': 'https://schema.org',
      '@type': 'Dataset',
      name: 'Buoy temperatures of the Baltic Sea',
      license: expect.stringContaining('CC-BY-4.0'),
      creator: [{ name: 'Ada Lovelace' }],
      spatialCoverage: expect.anything(),
      temporalCoverage: ['2001/..'],
      distribution: expect.arrayContaining([
        expect.objectContaining({ contentUrl: 's3://ocean/buoys.zarr' }),
      ]),
    })
    const asked = async (accept: string, query = '') => {
      const answer = await fetch(`${site.url}/d/oceanlab.icehub.test/buoys${query}`, { headers: { accept } })
      expect(answer.headers.get('vary')).toContain('Accept')
      return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
    }
    const links = (await fetch(`${site.url}/d/oceanlab.icehub.test/buoys`)).headers.get('link') ?? ''
    for (const rel of ['cite-as', 'type', 'license', 'describedby']) expect(links).toContain(`rel="${rel}"`)
    const linked = await asked('application/ld+json')
    expect(linked.type).toBe('application/ld+json')
    expect(JSON.parse(linked.text)).toEqual(json)
    expect((await asked('text/html,application/ld+json;q=0.9')).type).toContain('text/html')
    expect((await asked('application/x-bibtex')).text).toMatch(/^@/)
    const { text: stac, type } = await asked('*/*', '?format=stac')
    expect(type).toContain('application/json')
    expect(JSON.parse(stac)).toMatchObject({ type: 'Collection', title: json.name })
    for (const link of await page.locator('#record a[href*="format="]').all())
      expect((await fetch(new URL((await link.getAttribute('href'))!, site.url))).status).toBe(200)
    expect((await asked('*/*', '?format=constructor')).status).toBe(400)
    expect((await (await fetch(`${site.url}/robots.txt`)).text()).toLowerCase()).toContain('sitemap')
    const index = await (await fetch(`${site.url}/sitemap.xml`)).text()
    const maps = [...index.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, map]) => new URL(map!).pathname)
    const mapped = await Promise.all(maps.map(async map => (await fetch(site.url + map)).text()))
    expect(mapped.join()).toContain('/d/oceanlab.icehub.test/buoys')
    expect(mapped.join()).toContain('/p/oceanlab.icehub.test')
    expect((await fetch(`${site.url}/sitemaps/datasets-9.xml`)).status).toBe(404)
    const security = await fetch(`${site.url}/.well-known/security.txt`)
    expect(security.headers.get('content-type')).toMatch(/^text\/plain; charset=utf-8/i)
    const lines = (await security.text()).split('\n')
    expect(lines.slice(0, 2)).toEqual([
      'Contact: mailto:security@example.org',
      'Contact: https://example.org/security',
    ])
    const expires = Date.parse(lines[2]!.replace('Expires: ', ''))
    expect(expires).toBeGreaterThan(Date.now())
    expect(expires).toBeLessThan(Date.now() + 365 * 86_400_000)
    expect(lines[4]).toMatch(/^Canonical: http.*\/\.well-known\/security\.txt$/)
    expect(await (await fetch(`${site.url}/opensearch.xml`)).text()).toContain('OpenSearchDescription')
  })

  it.each(['/d/oceanlab.icehub.test/buoys', '/p/oceanlab.icehub.test', '/search?q=baltic'])(
    'names the feed of %s to programs and to people',
    async path => {
      const page = await visit(path)
      const inHead = await page
        .locator('link[rel=alternate][type="application/atom+xml"]')
        .getAttribute('href')
      expect(await page.getByRole('link', { name: 'Atom feed' }).getAttribute('href')).toBe(inHead)
      const feed = await fetch(new URL(inHead!, site.url))
      expect(feed.headers.get('content-type')).toContain('application/atom+xml')
      expect(await feed.text()).toContain('<feed xmlns="http://www.w3.org/2005/Atom">')
    },
  )

  it.each([
    '/',
    '/search?q=baltic',
    '/d/oceanlab.icehub.test/buoys',
    '/d/oceanlab.icehub.test/hostile',
    '/p/oceanlab.icehub.test',
    '/people',
    '/about',
  ])('fits a phone, has one h1, labels and landmarks: %s', async path => {
    const page = await visit(path, { width: 390, javaScriptEnabled: true })
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    )
    expect(await page.locator('h1').count()).toBe(1)
    expect(await page.locator('main').count()).toBe(1)
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    const unlabelled = await page.evaluate(
      () =>
        [...document.querySelectorAll<HTMLInputElement>('input:not([type=hidden]),select,textarea')].filter(
          input => !input.labels?.length && !input.getAttribute('aria-label'),
        ).length,
    )
    expect(unlabelled).toBe(0)
  })

  it.each(['/d/oceanlab.icehub.test/hostile', '/search?q=hostile', '/p/oceanlab.icehub.test', '/'])(
    'shows hostile text as text: %s',
    async path => {
      const page = await visit(path, { javaScriptEnabled: true })
      expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined()
      expect(await page.locator('main').textContent()).toContain('Hostile <script>')
      const addresses = await page.evaluate(() =>
        [...document.querySelectorAll('[href],[src]')].map(
          one => one.getAttribute('href') ?? one.getAttribute('src') ?? '',
        ),
      )
      expect(addresses.filter(address => /^\s*(?:javascript|data:text|vbscript)/i.test(address))).toEqual([])
      expect(await page.locator('img[onerror]').count()).toBe(0)
    },
  )

  it.each([
    ['/d/oceanlab.icehub.test/nothing', 404],
    ['/d/nobody.icehub.test/x', 404],
    ['/p/nobody.icehub.test', 404],
    ['/nowhere', 404],
    ['/search?bbox=1,2,3', 400],
    ['/search?cursor=nonsense', 400],
  ])('answers %s with %i and a way on', async (path, status) => {
    const page = await visit(path)
    expect((await fetch(site.url + path)).status).toBe(status)
    expect(await page.locator('main a, main form, header form').count()).toBeGreaterThan(0)
    if (path.includes('bbox')) expect(await page.getByRole('alert').textContent()).toMatch(/bbox/)
  })

  it.each([
    '/p/nobody',
    '/p/%zz',
    '/d/nobody/buoys',
    '/d/%zz/buoys',
    '/d/oceanlab.icehub.test/buoys/corrections/nobody/1',
    '/c/nobody/list',
    '/embed/d/nobody/buoys',
  ])('says that nothing is at %s, which names nobody', async path => {
    const answer = await fetch(site.url + path)
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('There is nothing at this address')
  })

  it('says a page again only to who has another, and never with a tag of an answer that is none', async () => {
    const address = `${site.url}/d/oceanlab.icehub.test/buoys`
    const first = await fetch(address)
    const tag = first.headers.get('etag') ?? ''
    expect(tag).toMatch(/^"[\w-]{20,}"$/)
    const again = await fetch(address, { headers: { 'if-none-match': `"other", W/${tag}` } })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect(again.headers.get('content-security-policy')).toBe(first.headers.get('content-security-policy'))
    expect((await fetch(address, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
    expect((await fetch(`${site.url}/nowhere`)).headers.get('etag')).toBeNull()
  })

  it('says so when its AppView is away', async () => {
    await using lonely = await startSite('http://127.0.0.1:1')
    const response = await fetch(lonely.url)
    expect(response.status).toBe(502)
    expect(await response.text()).toMatch(/AppView/)
    expect((await fetch(`${lonely.url}/about`)).status).toBe(200)
  })
})
