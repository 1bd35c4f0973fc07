import { definition, nsid } from '@frost/lexicon'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'
import { chromiumPath, startBrowser, type startSite } from './site.ts'
import { siteOf, violations, visitor } from './world-with-sign-in.ts'

const ENTRY = nsid('dataset.entry')
const PRODUCTS = 40
const executable = chromiumPath()

describe.skipIf(executable === undefined)('lineage, versions and the widget in Chromium', () => {
  let world: Stand
  let site: Awaited<ReturnType<typeof startSite>>
  let browser: Browser
  let scripted: BrowserContext
  let plain: BrowserContext
  const hub = '/d/oceanlab.icehub.test/hub'

  beforeAll(async () => {
    world = await stand()
    const lab = await newAccount(world.network, 'oceanlab')
    const stranger = await newAccount(world.network, 'stranger')
    await putRecord(lab, 'actor.profile', 'self', { name: 'Ocean Laboratory' })
    const uri = (rkey: string) => `at://${lab.did}/${ENTRY}/${rkey}`
    const from = (...rkeys: string[]) => ({
      derivedFrom: rkeys.map(rkey => ({ ref: { $type: definition('recordRef'), uri: uri(rkey) } })),
    })
    await putRecord(lab, 'dataset.entry', 'buoys', { title: 'Buoys' })
    await putRecord(lab, 'dataset.entry', 'ships', { title: 'Ships' })
    const first = await putRecord(lab, 'dataset.entry', 'hub', {
      title: 'The hub',
      description: 'First words.',
    })
    await putRecord(lab, 'dataset.version', '3lfd2aaaaaa22', {
      dataset: uri('hub'),
      version: '1.0',
      releasedAt: '2026-01-01T00:00:00.000Z',
      entry: { uri: first.uri, cid: first.cid },
    })
    const second = await putRecord(lab, 'dataset.entry', 'hub', {
      title: 'The hub',
      description: 'Second words.',
      rights: [{ spdx: 'CC-BY-4.0' }],
      ...from('buoys', 'ships'),
    })
    await putRecord(lab, 'dataset.version', '3lfd2bbbbbb22', {
      dataset: uri('hub'),
      version: '2.0',
      releasedAt: '2026-02-01T00:00:00.000Z',
      entry: { uri: second.uri, cid: second.cid },
    })
    for (let number = 0; number < PRODUCTS; number++)
      await putRecord(lab, 'dataset.entry', `product-${number}`, {
        title: `Product ${number}`,
        ...from('hub'),
      })
    const reference = (rkey: string) => ({ $type: definition('recordRef'), uri: uri(rkey) })
    await putRecord(stranger, 'dataset.entry', 'foreign', { title: 'Foreign work' })
    await putRecord(stranger, 'dataset.offer', 'paid', {
      subject: uri('hub'),
      url: 'https://example.org/shop',
      model: 'subscription',
      prices: [{ amount: '12.50', currency: 'EUR', unit: 'month' }],
    })
    await putRecord(stranger, 'graph.citation', 'claim', {
      citing: reference('buoys'),
      cited: { $type: definition('urlRef'), uri: 'https://example.org/sensor' },
      relation: 'is-derived-from',
    })
    const { index } = world.appview.services
    await world.until(
      () => index.status(),
      ({ counts, seq, searchSeq }) => counts[ENTRY] === PRODUCTS + 4 && searchSeq === seq,
    )
    site = await siteOf(world)
    browser = await startBrowser(executable!)
    scripted = await visitor(browser)
    plain = await visitor(browser, { script: false })
  }, 90_000)
  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
    await world?.[Symbol.asyncDispose]()
  })

  async function visit(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage()
    await page.goto(site.url + path)
    return page
  }
  const nodes = (page: Page) => page.locator('.lineage-frame .node:not(.rest)')

  it('draws what a dataset was made from and what is made from it, and shows the rest of a column when asked', async () => {
    const page = await visit(plain, `${hub}/lineage`)
    const names = await nodes(page).locator('.name').allTextContents()
    expect(names).toEqual(expect.arrayContaining(['The hub', 'Buoys', 'Ships']))
    const left = async (name: string) =>
      (await nodes(page).filter({ hasText: name }).first().boundingBox())!.x
    expect(await left('Buoys')).toBeLessThan(await left('The hub'))
    expect(await left('Product')).toBeGreaterThan(await left('The hub'))
    await page.getByRole('link', { name: /Show \d+ more/ }).click()
    expect(await nodes(page).count()).toBe(PRODUCTS + 3)
    expect(await page.locator('.lineage-list').textContent()).toMatch(/The hub was made from.*Buoys/)
    expect(await violations(await visit(scripted, `${hub}/lineage`))).toEqual([])
    await page.close()
  })

  it('filters by who says so, and goes on from a node', async () => {
    const page = await visit(plain, `${hub}/lineage?open=1`)
    expect(await page.getByText('example.org').count()).toBe(0)
    await page.getByLabel('third parties').check()
    await page.getByRole('button', { name: 'Draw' }).click()
    expect(new URL(page.url()).searchParams.getAll('by')).toContain('third-party')
    expect(await page.locator('.lineage-frame .arc.third-party').count()).toBe(1)
    await page.getByRole('link', { name: 'Lineage of Buoys' }).click()
    expect(new URL(page.url()).pathname).toBe('/d/oceanlab.icehub.test/buoys/lineage')
    await page.close()
  })

  it('is moved and magnified by keys, buttons and the mouse', async () => {
    const page = await visit(scripted, `${hub}/lineage`)
    const frame = page.locator('.lineage-frame')
    const width = () => frame.locator('svg').evaluate(svg => svg.getBoundingClientRect().width)
    const before = await width()
    await page.getByRole('button', { name: 'Magnify' }).click()
    expect(await width()).toBeGreaterThan(before)
    await frame.focus()
    await frame.press('-')
    expect(await width()).toBeCloseTo(before, 0)
    await frame.press('+')
    await frame.press('+')
    const { x, y } = (await frame.boundingBox())!
    const scrolled = () => frame.evaluate(one => one.scrollLeft)
    const from = await scrolled()
    await page.mouse.move(x + 300, y + 200)
    await page.mouse.down()
    await page.mouse.move(x + 200, y + 200, { steps: 4 })
    await page.mouse.up()
    expect(await scrolled()).not.toBe(from)
    expect(page.url()).toBe(`${site.url}${hub}/lineage`)
    await page.close()
  })

  it('stands in the page of the dataset, beside licence, proof and the frame for others', async () => {
    const page = await visit(scripted, hub)
    await page.locator('#lineage').scrollIntoViewIfNeeded()
    await page.locator('.lineage-place .node').first().waitFor()
    const text = (await page.locator('main').textContent()) ?? ''
    expect(text).toContain('Use it for anything, with credit')
    expect(text).toMatch(/12\.50 EUR per month.*by subscription/)
    expect(await violations(page)).toEqual([])
    const proof = await fetch(
      site.url + (await page.getByRole('link', { name: /signature/ }).getAttribute('href')),
    )
    expect(proof.headers.get('content-type')).toContain('car')
    await page.getByText('Embed in a page').click()
    const code = await page.locator('#embed pre').textContent()
    const address = /src="([^"]+)"/.exec(code ?? '')![1]!
    const answer = await fetch(address)
    expect(answer.headers.get('content-security-policy')).toContain('frame-ancestors *')
    expect(answer.headers.get('x-frame-options')).toBeNull()
    await page.goto(address)
    expect(await page.getByRole('link', { name: 'The hub' }).getAttribute('href')).toBe(site.url + hub)
    expect(await violations(page)).toEqual([])
    await page.close()
  })

  it('says field by field what changed between two versions', async () => {
    const page = await visit(plain, hub)
    await page.getByRole('link', { name: 'Compare versions' }).click()
    const text = (await page.locator('.changes').textContent()) ?? ''
    expect(text).toMatch(/description.*First words\..*Second words\./)
    expect(text).toContain('CC-BY-4.0')
    await page.getByLabel('From').selectOption('now')
    await page.getByRole('button', { name: 'Compare' }).click()
    expect(await page.locator('main').textContent()).toContain('Nothing differs')
    await page.goto(`${site.url}${hub}/diff?from=nothing`)
    expect(await page.getByRole('alert').textContent()).toContain('choose two')
    expect(await violations(await visit(scripted, `${hub}/diff`))).toEqual([])
    await page.close()
  })

  it.each([`${hub}/lineage`, `${hub}/diff`, hub])('fits a phone: %s', async path => {
    await using context = await visitor(browser, { width: 390 })
    const page = await visit(context, path)
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(over).toBeLessThanOrEqual(0)
    expect(await page.locator('h1').count()).toBe(1)
    if (path !== hub) expect(await violations(page)).toEqual([])
  })
})
