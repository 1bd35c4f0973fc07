/** The site by the keyboard alone, and in the hand: what people do there without a mouse, and on a phone. */
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FullWorld, fullWorld } from './full-world.ts'
import { chromiumPath } from './site.ts'
import { visitor } from './world-with-sign-in.ts'

const executable = chromiumPath()
const PHONE = { width: 390, height: 844 }
/** No page has more places to stop at. */
const MOST_STOPS = 250

describe.skipIf(executable === undefined)('by hand', () => {
  let world: FullWorld
  beforeAll(async () => {
    world = await fullWorld(executable!)
  }, 180_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  const address = (path: string) => world.site.url + path
  const data = () => `/d/${world.owner.account.handle}/drift`

  /** What has the focus: its text or name, and whether a ring is drawn around it or around what it stands in. */
  const focused = (page: Page) =>
    page.evaluate(() => {
      const one = document.activeElement as HTMLElement & { labels?: NodeListOf<HTMLLabelElement> }
      const name = one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent ?? ''
      const isRinged = (element: Element | null): boolean => {
        const style = element ? getComputedStyle(element) : undefined
        return (
          style !== undefined &&
          ((style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none')
        )
      }
      // A radio button is drawn by its label, a node of a drawing by its frame.
      const frame = one.querySelector('rect')
      const drawn = [one, one.nextElementSibling, one.closest('form.search')]
      return {
        tag: one.tagName,
        name: name.trim(),
        ringed:
          drawn.some(isRinged) || (frame !== null && parseFloat(getComputedStyle(frame).strokeWidth) >= 3),
      }
    })

  /** Goes on by Tab until something of that name has the focus; all on the way must show that they have it. */
  async function tabTo(page: Page, name: string | RegExp): Promise<void> {
    const passed: string[] = []
    for (let stop = 0; stop < MOST_STOPS; stop++) {
      await page.keyboard.press('Tab')
      const here = await focused(page)
      if (here.tag === 'BODY' || here.tag === 'IFRAME') continue
      expect(here, `focus on ${here.tag} “${here.name.slice(0, 60)}” of ${page.url()}`).toMatchObject({
        ringed: true,
      })
      if (typeof name === 'string' ? here.name === name : name.test(here.name)) return
      passed.push(here.name.slice(0, 30))
    }
    throw new Error(`no “${name}” on ${page.url()} by Tab: ${passed.join(' | ')}`)
  }

  /** Presses a key where it leads to another page, and waits for that. */
  async function onward(page: Page, key = 'Enter'): Promise<void> {
    await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press(key)])
  }

  it('is searched by the keyboard: offers, filters, a box in numbers, a result', async () => {
    const page = await world.stranger.newPage()
    await page.goto(address('/about'))
    await page.keyboard.press('Tab')
    expect(await focused(page)).toMatchObject({ name: 'Skip to content', ringed: true })
    await page.keyboard.press('Enter')
    expect(new URL(page.url()).hash).toBe('#main')
    await tabTo(page, 'publish here')

    await page.goto(address('/search'))
    await tabTo(page, 'Search datasets')
    await page.keyboard.type('drift of sea')
    await page.getByRole('option', { name: /^Drift of sea ice/ }).waitFor()
    await page.keyboard.press('ArrowDown')
    expect(await page.getByRole('option', { selected: true }).count()).toBe(1)
    await page.keyboard.press('Escape')
    expect(await page.getByRole('listbox').isVisible()).toBe(false)
    await onward(page)
    await tabTo(page, /^zarr/)
    await onward(page)
    expect(new URL(page.url()).searchParams.getAll('format')).toEqual(['zarr'])
    for (const [name, degrees] of [
      ['West', '-20'],
      ['South', '70'],
      ['East', '20'],
      ['North', '85'],
    ] as const) {
      await tabTo(page, name)
      await page.keyboard.type(degrees)
    }
    await onward(page)
    expect(new URL(page.url()).searchParams.get('bbox')).toBe('-20,70,20,85')
    await tabTo(page, /^Drift of sea ice/)
    await onward(page)
    expect(new URL(page.url()).pathname).toBe(data())
    await page.close()
  }, 120_000)

  it('is signed in to, written at and followed by the keyboard', async () => {
    const context = await visitor(world.browser)
    const page = await context.newPage()
    await page.goto(address(data()))
    await tabTo(page, 'Sign in')
    await onward(page)
    // The field has the focus from the beginning.
    expect(await focused(page)).toMatchObject({ tag: 'INPUT', ringed: true })
    await page.keyboard.type(world.guest.account.handle)
    await onward(page)
    // The pages of the account's own server are not ours.
    await page.locator('input[type=password]').fill(world.guest.account.password)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Authorize' }).press('Enter')
    await page.waitForURL(address(data()))

    await tabTo(page, /Account of/)
    await page.keyboard.press('Enter')
    await tabTo(page, 'Settings')
    await page.keyboard.press('Escape')
    expect(await page.locator('details.account').getAttribute('open')).toBeNull()
    expect((await focused(page)).name).toMatch(/Account of/)

    await tabTo(page, /^Unfollow/)
    await onward(page)
    await tabTo(page, /^Follow/)
    await onward(page)
    expect(
      await page
        .locator('.social-bar')
        .getByRole('button', { name: /^Unfollow/ })
        .count(),
    ).toBe(1)

    await tabTo(page, /^Discussion/)
    await onward(page)
    await tabTo(page, 'Add a comment')
    await page.keyboard.type(`Typed *without* a mouse, @${world.owner.account.handle}.`)
    await tabTo(page, 'Preview')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.markdown-preview em').textContent()).toBe('without')
    const mention = page
      .locator('.markdown-preview')
      .getByRole('link', { name: `@${world.owner.account.handle}` })
    expect(await mention.getAttribute('href')).toBe(`/p/${world.owner.did}`)
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.type(' Nor **here**.')
    await expect.poll(() => page.locator('.markdown-preview strong').allTextContents()).toEqual(['here'])
    await tabTo(page, 'Comment')
    await onward(page)
    expect(await page.locator('.comment .prose em').allTextContents()).toContain('without')

    await page.goto(address(`${data()}/corrections/new`))
    await tabTo(page, 'Description')
    await tabTo(page, 'Preview')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.markdown-preview strong').allTextContents()).toContain('ice drift')

    await page.goto(address('/publish/new'))
    await tabTo(page, 'Address')
    await page.keyboard.type('https://example.org/typed.csv')
    await tabTo(page, /^Title/)
    await page.keyboard.type('Typed by hand')
    await tabTo(page, /^Publish/)
    await page.keyboard.press('Enter')
    await page.waitForURL(url => url.pathname.startsWith(`/d/${world.guest.account.handle}/`))
    expect(await page.locator('h1').textContent()).toBe('Typed by hand')
    await context.close()
  }, 180_000)

  /** Nothing is wider than the phone, and the header is one row. */
  async function fits(page: Page): Promise<void> {
    const { wider, header } = await page.evaluate(() => ({
      wider: document.documentElement.scrollWidth - innerWidth,
      header: document.querySelector('.site-header')?.getBoundingClientRect().height ?? 0,
    }))
    expect(wider, `${page.url()} is wider than a phone`).toBeLessThanOrEqual(0)
    expect(header, `the header of ${page.url()}`).toBeLessThan(80)
  }

  async function onPhone(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage()
    await page.setViewportSize(PHONE)
    await page.goto(address(path))
    return page
  }

  it('is read on a phone, without script too', async () => {
    for (const script of [true, false]) {
      const context = await visitor(world.browser, { script })
      const page = await onPhone(context, '/')
      await fits(page)
      await page.getByRole('searchbox').or(page.getByRole('combobox')).fill('sea ice')
      await page.keyboard.press('Enter')
      await page.locator('article.result').first().waitFor()
      await fits(page)
      await page.locator('details.filters > summary').click()
      await page.locator('aside, .filters').getByRole('link', { name: /^zarr/ }).first().click()
      await page.waitForURL(/format=zarr/)
      await fits(page)
      await page.getByRole('link', { name: /^Drift of sea ice/ }).click()
      await page.waitForURL(address(data()))
      await fits(page)
      for (const tab of ['Discussion', 'Issues', 'Corrections']) {
        await page.getByRole('link', { name: tab }).first().click()
        await page.waitForURL(url => url.pathname.endsWith(tab.toLowerCase()))
        await fits(page)
      }
      await page.locator('details.account > summary').click()
      await page.locator('.menu').getByRole('link', { name: 'Publishers' }).click()
      await page.waitForURL(/\/people$/)
      await fits(page)
      await context.close()
    }
  }, 120_000)

  it('is written at on a phone', async () => {
    const page = await onPhone(world.member, `${data()}/discussion`)
    await fits(page)
    await page.getByLabel('Add a comment').fill('From the field.')
    await page.getByRole('button', { name: 'Comment', exact: true }).click()
    await page.locator('.comment', { hasText: 'From the field.' }).waitFor()
    await fits(page)
    await page.goto(address(`${data()}/edit`))
    await fits(page)
    const finish = await page.locator('.finish').boundingBox()
    expect(finish!.height).toBeLessThan(70)
    await page.getByLabel('Keywords').fill('sea ice, drift, field work')
    await page.getByRole('button', { name: 'Save the changes' }).click()
    await page.waitForURL(url => url.pathname === data())
    expect(await page.locator('main').textContent()).toContain('field work')
    await page.locator('details.account > summary').click()
    await page.locator('.menu').getByRole('link', { name: 'Feed' }).click()
    await page.waitForURL(address('/feed'))
    await fits(page)
    await page.close()
  }, 120_000)

  it('is printed: what one reads, without the ways on', async () => {
    const page = await world.stranger.newPage()
    await page.goto(address(data()))
    await page.emulateMedia({ media: 'print' })
    for (const hidden of ['.site-header', '.site-footer', '.social-bar', '.page-tabs', '.skip'])
      expect(await page.locator(hidden).first().isVisible(), hidden).toBe(false)
    for (const shown of ['h1', '.dataset-head .meta', '.prose', '#cite'])
      expect(await page.locator(shown).first().isVisible(), shown).toBe(true)
    const pdf = await page.pdf({ format: 'A4' })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    await page.close()
  }, 60_000)
})
