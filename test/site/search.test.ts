import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SEEN } from './layout-shift.ts'
import { type SearchWorld, searchWorld } from './search-world.ts'
import { chromiumPath, startBrowser, type startSite } from './site.ts'
import { signIn, siteOf, violations, visitor } from './world-with-sign-in.ts'

const executable = chromiumPath()

describe.skipIf(executable === undefined)('search in Chromium', () => {
  let searched: SearchWorld
  let site: Awaited<ReturnType<typeof startSite>>
  let browser: Browser
  let scripted: BrowserContext
  let plain: BrowserContext

  beforeAll(async () => {
    searched = await searchWorld()
    site = await siteOf(searched.world)
    browser = await startBrowser(executable!)
    scripted = await visitor(browser)
    plain = await visitor(browser, { script: false })
  }, 90_000)
  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
    await searched?.world[Symbol.asyncDispose]()
  })

  async function visit(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage()
    await page.goto(site.url + path)
    return page
  }
  const titles = (page: Page) => page.locator('article.result h2').allTextContents()
  const parameters = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)

  it('offers datasets, people, variables and subjects while one types; arrow keys choose', async () => {
    const page = await visit(scripted, '/')
    const input = page.getByRole('combobox')
    const offers = page.getByRole('option')
    await input.pressSequentially('ocean')
    await offers.first().waitFor()
    const texts = await offers.allTextContents()
    expect(texts.join('|')).toContain('Ocean Laboratory')
    expect(texts.join('|')).toContain('oceanography')
    expect(await input.getAttribute('aria-expanded')).toBe('true')
    expect(await violations(page)).toEqual([])
    await input.press('Escape')
    expect(await input.getAttribute('aria-expanded')).toBe('false')
    await input.fill('variable:sea_s')
    await page.getByRole('option', { name: /sea_surface_temperature/ }).waitFor()
    await input.press('ArrowDown')
    expect(await input.getAttribute('aria-activedescendant')).toBe(
      await page.getByRole('option', { selected: true }).getAttribute('id'),
    )
    await input.press('Enter')
    await page.waitForURL(/\/search\?/)
    expect(parameters(page)).toEqual({ q: 'variable:sea_surface_temperature' })
    expect(await titles(page)).toEqual(['Sea surface temperature of the whole ocean'])
    await page.close()
  })

  it('says why a dataset matches, and what of the query it has not', async () => {
    const page = await visit(plain, '/search?q=interpolated+oceanography+hopper+genomes')
    const result = page.locator('article.result', { hasText: 'of the whole ocean' })
    expect(await result.locator('mark').allTextContents()).toEqual(
      expect.arrayContaining(['interpolation', 'Oceanography', 'Hopper']),
    )
    expect(await result.locator('.reasons').textContent()).toMatch(
      /Subjects: Oceanography.*Authors: Grace Hopper.*not in it: genomes/,
    )
    await page.close()
  })

  it('shows what narrows the search as chips, of the query text too, and takes each off', async () => {
    const page = await visit(plain, '/search?q=temperature+license%3Acc-by*+-reefs&format=zarr')
    expect(await titles(page)).toEqual(['Sea surface temperature of the whole ocean'])
    await page.getByRole('link', { name: 'Remove Format: zarr' }).click()
    expect(parameters(page)).toEqual({ q: 'temperature license:cc-by* -reefs' })
    await page.getByRole('link', { name: 'Remove -reefs' }).click()
    expect(parameters(page)).toEqual({ q: 'temperature license:cc-by*' })
    expect(await titles(page)).toHaveLength(2)
    await page.getByRole('link', { name: 'Remove Licence: cc-by*' }).click()
    expect(await titles(page)).toHaveLength(3)
    const facet = page.locator('.facet', { hasText: 'Format' })
    expect(await facet.locator('a', { hasText: 'zarr' }).locator('.count').textContent()).toBe('2')
    await page.close()
  })

  it('tells what each filter would give up where nothing is found, and what may have been meant', async () => {
    const page = await visit(plain, '/search?q=temprature+author%3Ahopper&format=zarr&keyword=genomics')
    await page.getByRole('link', { name: 'temperature author:hopper' }).click()
    await page.getByRole('link', { name: /^without Subject: genomics/ }).click()
    expect(await titles(page)).toEqual(['Sea surface temperature of the whole ocean'])
    await page.close()
  })

  it('says where a query is wrong and leads on', async () => {
    const page = await visit(plain, '/search?q=ice+year%3Asoon')
    expect(await page.getByRole('alert').textContent()).toContain('at character 5')
    await page.getByRole('link', { name: /Search for the words/ }).click()
    expect(parameters(page)).toEqual({ q: 'ice year soon' })
    await page.goto(`${site.url}/search?polygon=1,2`)
    await page.getByRole('link', { name: 'Search without it' }).click()
    expect(page.url()).toBe(`${site.url}/search`)
    await page.close()
  })

  it('searches a box by numbers, without script', async () => {
    const page = await visit(plain, '/search?q=temperature')
    for (const [side, degrees] of Object.entries({ West: 178, South: -19, East: -179, North: -16 }))
      await page.getByLabel(side).fill(`${degrees}`)
    await page.getByRole('button', { name: 'Search here' }).click()
    expect(parameters(page)).toEqual({ q: 'temperature', bbox: '178,-19,-179,-16' })
    expect((await titles(page)).sort()).toEqual([
      'Reefs of Fiji',
      'Sea surface temperature of the whole ocean',
    ])
    await page.close()
  })

  it('searches an area out of a GeoJSON file, without script', async () => {
    const page = await visit(plain, '/search/map?format=zarr')
    const upload = (text: string) =>
      page
        .getByLabel('GeoJSON with a Polygon')
        .setInputFiles({ name: 'area.geojson', mimeType: 'application/geo+json', buffer: Buffer.from(text) })
    await upload('{"type":"Polygon","coordinates":[[[10,54],[20,54],[15,60],[10,54]]]}')
    await page.getByRole('button', { name: 'Upload and search' }).click()
    expect(parameters(page)).toEqual({ format: 'zarr', polygon: '10,54,20,54,15,60' })
    expect(await titles(page)).toContain('Buoys of the Baltic Sea')
    await page.goto(`${site.url}/search/map`)
    await upload('{"type":"Point","coordinates":[1,2]}')
    await page.getByRole('button', { name: 'Upload and search' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('holds no area')
    await page.close()
  })

  it('searches a box and a polygon drawn on the map', async () => {
    const page = await visit(scripted, '/search/map')
    const map = page.locator('[data-map] svg')
    const spot = async (longitude: number, latitude: number) => {
      const { x, y, width, height } = (await map.boundingBox())!
      return { x: x + ((longitude + 180) / 360) * width, y: y + ((90 - latitude) / 180) * height }
    }
    const from = await spot(-66, 46)
    const to = await spot(-50, 38)
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    await page.mouse.move(to.x, to.y, { steps: 3 })
    await page.mouse.up()
    await page.waitForURL(/bbox=/)
    const [west, south, east, north] = parameters(page).bbox!.split(',').map(Number) as [
      number,
      number,
      number,
      number,
    ]
    expect(
      [west, south, east, north].map((side, place) => Math.abs(side - [-66, 38, -50, 46][place]!) < 2),
    ).toEqual([true, true, true, true])
    expect(await titles(page)).toContain('Survey 1 of the shelf')

    await page.goto(`${site.url}/search/map`)
    await page.getByLabel('Polygon', { exact: true }).check()
    for (const [longitude, latitude] of [
      [8, 50],
      [32, 50],
      [20, 68],
    ] as const) {
      const { x, y } = await spot(longitude, latitude)
      await page.mouse.click(x, y)
    }
    await page.getByRole('button', { name: 'Done' }).click()
    await page.waitForURL(/polygon=/)
    expect((await titles(page)).sort()).toEqual([
      'Buoys of the Baltic Sea',
      'Sea surface temperature of the whole ocean',
    ])
    await page.close()
  })

  it('searches years brushed over the timeline', async () => {
    const page = await visit(scripted, '/search?format=csv')
    const timeline = page.locator('svg.timeline')
    expect(await timeline.getAttribute('aria-label')).toMatch(/1970 to \d{4}: most cover/)
    await timeline.scrollIntoViewIfNeeded()
    const { x, y, width, height } = (await timeline.boundingBox())!
    await page.mouse.move(x + 1, y + height / 2)
    await page.mouse.down()
    await page.mouse.move(x + width * 0.08, y + height / 2, { steps: 3 })
    await page.mouse.up()
    await page.waitForURL(/from=/)
    expect(parameters(page).from).toBe('1970')
    expect((await titles(page)).every(title => title.startsWith('Survey'))).toBe(true)
    await page.close()
  })

  it('keeps a search that one follows, in the own repository', async () => {
    const context = await visitor(browser)
    const page = await context.newPage()
    const path = '/search?q=temperature&format=zarr'
    await page.goto(site.url + path)
    expect(await page.getByRole('link', { name: 'Sign in to follow this search' }).count()).toBe(1)
    await signIn(page, site.url, searched.reader, path)
    await page.getByRole('button', { name: 'Follow this search' }).click()
    await page.getByRole('button', { name: 'Stop following this search' }).waitFor()
    const { follows } = await searched.world.ask<{ follows: { record: { subject: unknown } }[] }>(
      'graph.listFollows',
      { actor: searched.reader.handle },
    )
    expect(follows.map(({ record }) => record.subject)).toEqual([
      { $type: expect.stringContaining('#savedQuery'), query: 'q=temperature&format=zarr' },
    ])
    await page.goto(`${site.url}/searches`)
    expect(await page.getByRole('link', { name: 'temperature · Format: zarr' }).count()).toBe(1)
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: /Stop following/ }).click()
    await page.getByText('You follow none yet').waitFor()
    await context.close()
  })

  it.each([
    ['/search?q=temperature+-radar&format=zarr&from=2001', [1280, 390]],
    ['/search?q=nothingofthat', [390]],
    ['/search/map', [390]],
    ['/search/help', [1280]],
  ] as const)(
    'has no violation of WCAG 2.2 AA that axe finds, and nothing moves: %s at %j',
    async (path, widths) => {
      for (const width of widths) {
        const context = await visitor(browser, { width })
        const page = await visit(context, path)
        expect(await violations(page)).toEqual([])
        const { overflow, shift, script } = await page.evaluate(async () => {
          const shift = await new Promise<number>(resolve => {
            new PerformanceObserver(list => {
              resolve(
                list
                  .getEntries()
                  .reduce((sum, entry) => sum + (entry as unknown as { value: number }).value, 0),
              )
            }).observe({ type: 'layout-shift', buffered: true })
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)))
          })
          const scripts = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
          return {
            overflow: document.documentElement.scrollWidth - innerWidth,
            shift,
            script: scripts
              .filter(({ name }) => name.endsWith('.js'))
              .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0),
          }
        })
        expect(Math.max(0, overflow)).toBe(0)
        expect(shift).toBeLessThan(SEEN)
        expect(script).toBeGreaterThan(0)
        expect(script).toBeLessThan(100_000)
        await context.close()
      }
    },
  )

  it('reads the feed of a search', async () => {
    const answer = await fetch(`${searched.world.appview.url}/feeds/search.atom?q=temperature+-format%3Acsv`)
    expect(await answer.text()).toContain('Sea surface temperature')
  })
})
