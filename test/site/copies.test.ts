/** What the site says of copies (which answer, which is opened first) and of data that is not open to everybody. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nsid } from '@frost/lexicon'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'
import { chromiumPath, startBrowser, startSite } from './site.ts'

const ENTRY = nsid('dataset.entry')
const createdAt = '2026-01-01T00:00:00.000Z'
const executable = chromiumPath()

/** A store: what is under /up is there, under /gone it is not. */
async function store() {
  const server = createServer((request, response) => {
    response.writeHead(request.url!.startsWith('/up') ? 200 : 404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    at: (path: string) => `http://localhost:${(server.address() as AddressInfo).port}${path}`,
    stop: () => new Promise(resolve => server.close(resolve)),
  }
}

describe.skipIf(executable === undefined)('copies and access in Chromium', () => {
  let world: Stand
  let site: Awaited<ReturnType<typeof startSite>>
  let browser: Browser
  let places: Awaited<ReturnType<typeof store>>

  beforeAll(async () => {
    places = await store()
    world = await stand({
      appview: { health: { interval: 86_400_000, retry: 0, host: 0, perMinute: 0, skip: [] } },
    })
    const owner = await newAccount(world.network, 'icelab')
    const keeper = await newAccount(world.network, 'keeper')
    const { at } = places
    const put = (rkey: string, record: object) =>
      putRecord(owner, 'dataset.entry', rkey, { title: rkey, createdAt, ...record })
    const one = (path: string) => [{ id: 'csv', uri: at(path), format: 'csv' }]
    await put('drift', {
      title: 'Drift of the ice',
      distributions: [
        { id: 'first', uri: at('/gone/drift.csv'), format: 'csv', role: 'primary', title: 'The original' },
        { id: 'second', uri: at('/up/drift.csv'), format: 'csv', role: 'replica', title: 'The replica' },
        { id: 'tape', uri: 'globus://tape/drift', title: 'The tape' },
      ],
    })
    await put('lost', { title: 'A lost table', distributions: one('/gone/lost.csv') })
    await putRecord(keeper, 'dataset.mirror', 'lost', {
      subject: `at://${owner.did}/${ENTRY}/lost`,
      createdAt,
      distribution: { id: 'data', uri: at('/up/lost.csv'), format: 'csv' },
      verification: { at: '2026-03-01T12:00:00Z', method: 'digest', result: 'identical', sampled: 1 },
    })
    await put('patients', {
      title: 'Records of patients',
      access: {
        level: 'restricted',
        requestUri: 'https://example.org/ask',
        termsUri: 'https://example.org/terms',
        terms: 'No re-identification.',
        conditions: [{ term: 'health research only' }],
      },
      distributions: one('/up/patients.csv'),
    })
    await put('later', {
      title: 'Records under embargo',
      access: { level: 'embargoed', embargoUntil: '2999-03-01' },
      distributions: one('/up/later.csv'),
    })
    await put('past', {
      title: 'Records that were under embargo',
      access: { level: 'embargoed', embargoUntil: '2020-03-01' },
      distributions: one('/up/past.csv'),
    })
    const entry = (rkey: string) => `at://${owner.did}/${ENTRY}/${rkey}`
    await world.until(
      () => world.appview.services.index.status(),
      ({ counts, seq, searchSeq }) => counts[ENTRY] === 5 && searchSeq === seq,
    )
    const found = async (rkey: string) => {
      const { entry: view } = await world.ask<{ entry: { availability?: { state: string }[] } }>(
        'dataset.getEntry',
        { uri: entry(rkey) },
      )
      return view.availability?.map(({ state }) => state).join()
    }
    await vi.waitFor(
      async () =>
        expect(await Promise.all(['drift', 'lost', 'past'].map(found))).toEqual([
          'down,up,unchecked',
          'down',
          'up',
        ]),
      { timeout: 30_000, interval: 50 },
    )
    site = await startSite(world.appview.url)
    browser = await startBrowser(executable!)
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
    await world?.[Symbol.asyncDispose]()
    await places?.stop()
  })

  const page = async (path: string, scheme: 'light' | 'dark' = 'light') => {
    const opened = await browser.newPage({ javaScriptEnabled: false, colorScheme: scheme })
    await opened.goto(site.url + path)
    return opened
  }
  const dataset = (rkey: string) => page(`/d/icelab.icehub.test/${rkey}`)

  it('says of each copy whether it answers, and opens the one that does', async () => {
    const opened = await dataset('drift')
    const notes = await opened.locator('#where .availability').allInnerTexts()
    expect(notes).toEqual([
      expect.stringMatching(/has not answered since \d{4}-\d\d-\d\d.*404/s),
      expect.stringMatching(/answers.*in \d+ ms.*answers soonest/s),
      expect.stringMatching(/not looked at.*globus: is not asked/s),
    ])
    const [first] = await opened.locator('#open pre.code').allInnerTexts()
    expect(first).toContain('/up/drift.csv')
    expect(await opened.locator('#open summary').allInnerTexts()).toEqual([
      expect.stringContaining('The original'),
    ])
    if (process.env.FROST_SCREENSHOTS)
      await opened.screenshot({ path: `${process.env.FROST_SCREENSHOTS}/copies.png`, fullPage: true })
    await opened.close()
  })

  it('opens a mirror where none of its owner’s copies answers, and says so', async () => {
    const opened = await dataset('lost')
    expect(await opened.locator('#open').innerText()).toContain('None of its owner’s copies answers')
    expect((await opened.locator('#open pre.code').allInnerTexts())[0]).toContain('/up/lost.csv')
    expect(await opened.locator('#mirrors').innerText()).toContain('identical, says its keeper, 2026-03-01')
    expect(await opened.locator('#mirrors .availability').innerText()).toMatch(/answers.*answers soonest/s)
    await opened.close()
  })

  it('says of data that is not open why nothing of it is shown, and where to ask', async () => {
    const opened = await dataset('patients')
    const text = await opened.locator('main').innerText()
    for (const said of [
      'on request',
      'The data is given on request',
      'No re-identification.',
      'health research only',
    ])
      expect(text).toContain(said)
    expect(await opened.locator('#access a').allInnerTexts()).toEqual(['Ask for access', 'Read the terms'])
    const preview = opened.locator('#preview')
    expect(await preview.innerText()).toMatch(/given on request\. A preview shows what anybody may read/)
    expect(await preview.getByRole('link', { name: 'Ask for access' }).getAttribute('href')).toBe(
      'https://example.org/ask',
    )
    if (process.env.FROST_SCREENSHOTS)
      await opened.screenshot({ path: `${process.env.FROST_SCREENSHOTS}/access.png`, fullPage: true })
    await opened.close()
  })

  it('an embargo is told while it lasts; one that has ended is open', async () => {
    const later = await dataset('later')
    expect(await later.locator('#access').innerText()).toBe('The data is closed until 2999-03-01.')
    expect(await later.locator('#preview').innerText()).toContain('closed until 2999-03-01')
    await later.close()
    const past = await dataset('past')
    expect(await past.locator('#access').innerText()).toBe('Open since 2020-03-01, when its embargo ended.')
    expect(await past.locator('#preview .preview-place').count()).toBe(1)
    const json = JSON.parse((await past.locator('script[type="application/ld+json"]').textContent()) ?? '')
    expect(json.isAccessibleForFree).toBe(true)
    await past.close()
  })

  it('search narrows by it', async () => {
    const results = await page('/search?q=records')
    const facet = results.locator('details.facet', { hasText: 'Access' })
    await facet.locator('summary').click()
    await facet.getByRole('link', { name: /^on request/ }).click()
    expect(await results.locator('article.result h2').allInnerTexts()).toEqual(['Records of patients'])
    await results.goto(`${site.url}/search?q=records+access:open`)
    expect(await results.locator('article.result h2').allInnerTexts()).toEqual([
      'Records that were under embargo',
    ])
    await results.close()
  })

  it('results carry the same in a word', async () => {
    const results = await page('/search?q=records', 'dark')
    const badges = new Map<string, string>()
    for (const article of await results.locator('article.result').all())
      badges.set(
        await article.locator('h2').innerText(),
        (await article.locator('.badge.warm').allInnerTexts()).join(),
      )
    expect(Object.fromEntries(badges)).toEqual({
      'Records of patients': 'on request',
      'Records under embargo': 'embargoed until 2999-03-01',
      'Records that were under embargo': '',
    })
    if (process.env.FROST_SCREENSHOTS)
      await results.screenshot({ path: `${process.env.FROST_SCREENSHOTS}/results.png`, fullPage: true })
    await results.close()
  })
})
