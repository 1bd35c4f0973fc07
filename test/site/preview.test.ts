import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type PreviewWorld, previewWorld } from './preview-world.ts'
import { LARGE_ID } from './sample-data.ts'
import { chromiumPath, startBrowser, startSite } from './site.ts'

const executable = chromiumPath()
const axe = createRequire(import.meta.url).resolve('axe-core')
const SCRIPT_BYTES = 100_000

/** Of a test that waits for readers and a browser on a machine that does other things besides. */
const PATIENCE = 120_000

describe.skipIf(executable === undefined)('the preview in Chromium', { timeout: PATIENCE }, () => {
  let previews: PreviewWorld
  let site: Awaited<ReturnType<typeof startSite>>
  let browser: Browser

  beforeAll(async () => {
    previews = await previewWorld()
    site = await startSite(previews.world.appview.url, previews.gatewayUrl)
    browser = await startBrowser(executable!)
  }, PATIENCE)
  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
    await previews?.[Symbol.asyncDispose]()
  })

  afterEach(() => Promise.all((browser?.contexts() ?? []).map(context => context.close())))

  interface Visit {
    readonly width?: number
    readonly script?: boolean
    readonly scheme?: 'light' | 'dark'
    readonly query?: string
  }

  async function visit(rkey: string, { width = 1280, script = true, scheme, query = '' }: Visit = {}) {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      javaScriptEnabled: script,
      bypassCSP: false,
      ...(scheme && { colorScheme: scheme }),
    })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', message => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', error => problems.push(error.message))
    await page.goto(site.url + previews.pathOf(rkey) + query)
    return { page, problems }
  }

  const picture = (page: Page) => page.locator('#preview .plane image')

  it('leads through the files of a copy, folder by folder, without script', async () => {
    const { page } = await visit('bucket', { script: false })
    const picture = page.getByRole('img', { name: 'What What lies in a bucket looks like' })
    expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1)
    expect(await page.locator('meta[property="og:image"]').getAttribute('content')).toContain('/thumbnail/')
    await page.locator('#where').getByRole('link', { name: 'Files in it' }).click()
    const rows = page.locator('table.files tbody tr')
    expect(await rows.filter({ hasText: '.zmetadata' }).first().locator('td').first().innerText()).toMatch(
      /B$/,
    )
    const folder = rows.locator('a', { hasText: /\/$/ }).first()
    const name = await folder.innerText()
    await folder.click()
    expect(await page.getByRole('navigation', { name: 'Folders' }).innerText()).toContain(
      name.replace('/', ''),
    )
    expect(await rows.count()).toBeGreaterThan(0)
    await page.goto(`${site.url}${previews.pathOf('bucket')}/files?path=../`)
    expect(await page.getByRole('alert').innerText()).toContain('What lies there cannot be told')
    await page.goto(`${site.url}${previews.pathOf('air')}/files`)
    expect(await page.getByRole('alert').innerText()).toContain('only buckets do')
  })

  it('shows rows with their types, what is missing, and ids that no float can hold', async () => {
    const { page, problems } = await visit('stations')
    await page.locator('#preview .rows').waitFor()
    const head = await page.locator('#preview th').allInnerTexts()
    expect(head.map(text => text.split(/\s+/))).toEqual([
      ['id', 'int64'],
      ['name', 'utf8'],
      ['depth', 'double'],
    ])
    const row = (place: number) => page.locator('#preview tbody tr').nth(place).locator('td').allInnerTexts()
    expect(await row(0)).toEqual([String(LARGE_ID), 'Station 0', '0'])
    expect(await row(1)).toEqual([String(LARGE_ID + 1n), 'Zürich, "ZRH"', '0.25'])
    expect((await row(2))[2]).toBe('null')
    expect(await page.locator('#preview').innerText()).toContain('Rows 1 to 50 of 120')
    await page.getByRole('link', { name: 'Next rows' }).click()
    await page.getByText('Rows 51 to 100 of 120').waitFor()
    expect(new URL(page.url()).searchParams.get('offset')).toBe('50')
    await page.getByLabel('Rows where').fill('depth >= 29')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('Station 119').waitFor()
    expect(await page.locator('#preview tbody tr').count()).toBe(4)
    expect(problems).toEqual([])
  })

  it('moves through time by a slider: picture, date and address follow', async () => {
    const { page, problems } = await visit('air')
    await picture(page).waitFor()
    const before = await picture(page).getAttribute('href')
    const slider = page.getByRole('slider', { name: 'time' })
    expect(await slider.getAttribute('aria-valuetext')).toBe('2000-01-01')
    await slider.focus()
    for (let step = 0; step < 6; step++) await page.keyboard.press('ArrowRight')
    expect(await slider.getAttribute('aria-valuetext')).toBe('2000-07-01')
    await expect.poll(() => picture(page).getAttribute('href'), { timeout: 60_000 }).not.toBe(before)
    expect(new URL(page.url()).searchParams.get('at.time')).toBe('6')
    expect(await slider.evaluate(element => element === document.activeElement)).toBe(true)
    expect(await page.getByRole('img', { name: /Near-surface air temperature.*2000-07-01/ }).count()).toBe(1)
    const summer = await picture(page).getAttribute('href')
    await page.reload()
    await picture(page).waitFor()
    expect(await picture(page).getAttribute('href')).toBe(summer)
    expect(problems).toEqual([])
  })

  it('names axes and units, draws coastlines, and takes another variable with colours around zero', async () => {
    const { page } = await visit('air')
    await picture(page).waitFor()
    const text = await page.locator('#preview').textContent()
    for (const words of [
      '60°N',
      '30°S',
      '120°E',
      '60°W',
      'latitude',
      'longitude',
      'Near-surface air temperature (K)',
    ])
      expect(text).toContain(words)
    expect((await page.locator('#preview .coast').first().getAttribute('d'))?.length).toBeGreaterThan(5_000)
    const bar = () => page.locator('#preview .bar').getAttribute('aria-label')
    const first = await bar()
    await page.getByLabel('Variable').selectOption('anomaly')
    await expect.poll(bar, { timeout: 60_000 }).not.toBe(first)
    const [low, high] = (await bar())!.match(/-?[\d.]+/g)!.map(Number)
    expect(low).toBe(-high!)
    await page.getByLabel('Only a part').fill('lat=0:40,lon=20:80')
    await page.keyboard.press('Enter')
    await expect
      .poll(() => page.locator('#preview .axis.y').textContent(), { timeout: 60_000 })
      .not.toContain('S')
    expect(new URL(page.url()).searchParams.get('select')).toBe('lat=0:40,lon=20:80')
  })

  it('draws a series as a curve with a gap where a value is missing', async () => {
    const { page } = await visit('co2')
    const curve = page.locator('#preview .curve')
    await curve.waitFor()
    expect((await curve.getAttribute('d'))?.match(/M/g)?.length).toBe(2)
    expect(await page.locator('#preview').textContent()).toContain('Carbon dioxide (ppm)')
    expect(await page.locator('#preview .axis.x').textContent()).toContain('2009-12-01')
  })

  it('says which chunks the store does not hold', async () => {
    const { page } = await visit('sparse')
    await page.getByText(/One chunk of what is shown is not in the store/).waitFor()
  })

  it('shows a raster where it lies on the globe', async context => {
    if (!previews.hasFixtures) context.skip()
    const { page } = await visit('rain')
    await picture(page).waitFor()
    expect(await page.locator('#preview .axis.x').textContent()).toContain('120°W')
    expect(await page.locator('#preview .coast').count()).toBeGreaterThan(0)
    expect(await page.locator('#preview').textContent()).toContain('Not all of it was read')
  })

  it('works without script: a frame, and a form whose state is in the address', async () => {
    const { page } = await visit('air', { script: false })
    const frame = page.frameLocator('iframe[title="Preview of the data"]')
    await frame.locator('.plane image').waitFor()
    const before = await frame.locator('.plane image').getAttribute('href')
    await frame.getByLabel('time', { exact: true }).selectOption({ label: '2000-07-01' })
    await frame.getByRole('button', { name: 'Show' }).click()
    await page.waitForURL(/at\.time=6/)
    await frame.locator('.plane image').waitFor()
    expect(await frame.locator('.plane image').getAttribute('href')).not.toBe(before)
    expect(await frame.getByLabel('time', { exact: true }).locator('option[selected]').textContent()).toBe(
      '2000-07-01',
    )
    const rows = await visit('stations', { script: false })
    await rows.page
      .frameLocator('iframe')
      .getByRole('cell', { name: String(LARGE_ID), exact: true })
      .waitFor()
  })

  it('says why there is nothing to see, and what else one can do', async () => {
    const payable = await visit('payable', { script: false })
    expect(await payable.page.locator('#preview').innerText()).toMatch(
      /pays for the requests.*--requester-pays/s,
    )
    const closed = await visit('closed', { script: false })
    expect(await closed.page.locator('#preview').innerText()).toMatch(/not open to everybody/)
    const gone = await visit('gone')
    await gone.page.getByRole('heading', { name: /Nothing was found/ }).waitFor()
    const wrong = await visit('air', { query: '?select=depth%3D5' })
    await wrong.page.getByRole('heading', { name: 'That part is not there' }).waitFor()
    expect(await wrong.page.locator('.refusal').innerText()).toMatch(/there are: time, lat, lon/)
    await wrong.page.getByRole('link', { name: 'Back to the first view' }).click()
    await picture(wrong.page).waitFor()
  })

  it('never holds up the page: with the gateway away all else is there, and a line says so', async () => {
    await using lonely = await startSite(previews.world.appview.url)
    const page = await (await browser.newContext()).newPage()
    await page.goto(lonely.url + previews.pathOf('air'))
    expect(await page.locator('#open').count()).toBe(1)
    await page.getByRole('heading', { name: 'No preview for the moment' }).waitFor()
    await page.getByRole('link', { name: 'Try again' }).waitFor()
  })

  it('shows how to open it, one language at a time, and copies it', async () => {
    const { page } = await visit('air', { script: false })
    const code = page.locator('#open pre:visible')
    expect(await code.first().innerText()).toContain('xr.open_zarr(')
    await page.getByText('Command line', { exact: true }).first().click()
    expect(await code.first().innerText()).toContain('npx frost describe')
    const scripted = await visit('air')
    await scripted.page.getByRole('button', { name: 'Copy' }).first().click()
    await scripted.page.getByRole('button', { name: /Copied|Select and copy/ }).waitFor()
  })

  it('stays within its budget of script', async () => {
    const page = await (await browser.newContext()).newPage()
    let bytes = 0
    page.on('response', async response => {
      if (response.url().endsWith('.js')) bytes += (await response.body()).length
    })
    await page.goto(site.url + previews.pathOf('air'))
    await picture(page).waitFor()
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(SCRIPT_BYTES)
  })

  it.each(
    ['air', 'stations', 'co2', 'gone', 'payable'].flatMap(rkey =>
      (
        [
          ['light', 1280],
          ['dark', 390],
        ] as const
      ).map(([scheme, width]) => [rkey, scheme, width] as const),
    ),
  )('fits the screen and has no violation that axe finds: %s in %s at %i', async (rkey, scheme, width) => {
    const context = await browser.newContext({
      colorScheme: scheme,
      bypassCSP: true,
      viewport: { width, height: 900 },
    })
    const page = await context.newPage()
    await page.goto(site.url + previews.pathOf(rkey))
    if (rkey !== 'payable') await page.locator('#preview :is(.plane, .rows, .refusal)').first().waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    )
    await page.addScriptTag({ path: axe })
    const violations = await page.evaluate(async () => {
      const { axe } = window as unknown as { axe: typeof import('axe-core') }
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
      const { violations } = await axe.run(document, { runOnly: tags })
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`,
      )
    })
    expect(violations).toEqual([])
  })
})
