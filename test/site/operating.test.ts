/** Those who run the index, at its pages: how it fares, reports, takedowns, labels, keys. */
import { atUri, nsid } from '@frost/lexicon'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putRecord } from '../stand.ts'
import { chromiumPath } from './site.ts'
import { main, type SocialWorld, socialWorld } from './social-world.ts'
import { violations, visitor } from './world-with-sign-in.ts'

const executable = chromiumPath()

describe.skipIf(executable === undefined)('operating', () => {
  let all: SocialWorld
  let { world, site, browser, owner, guest, ofGuest, dataset, open } = {} as SocialWorld
  let ofWarden: BrowserContext
  beforeAll(async () => {
    all = await socialWorld(executable!, { operator: 'warden', appview: { mostRecords: 5000 } })
    ;({ world, site, browser, owner, guest, ofGuest, dataset, open } = all)
    ofWarden = all.ofWarden!
  }, 180_000)
  afterAll(() => all?.[Symbol.asyncDispose]())

  const status = async (context: BrowserContext, path: string) => {
    const page = await context.newPage()
    const answer = await page.goto(site.url + path)
    return { page, status: answer?.status() }
  }
  const settled = async (page: Page) => (await page.getByRole('status').textContent()) ?? ''

  it('lets in operators alone, and helps the others on', async () => {
    for (const path of ['/admin', '/admin/reports', '/admin/takedowns', '/admin/keys']) {
      const { page, status: code } = await status(ofGuest, path)
      expect(code, path).toBe(403)
      expect(await main(page)).toContain(`FROST_OPERATORS=${guest.did}`)
      expect(await page.getByRole('link', { name: 'your settings' }).count()).toBe(1)
      await page.close()
    }
    await using stranger = await visitor(browser, { script: false })
    const page = await open(stranger, '/admin')
    expect(new URL(page.url()).pathname).toBe('/sign-in')
    for (const action of ['takedown', 'restore', 'label', 'key']) {
      const answer = await ofGuest.request.post(`${site.url}/admin/takedowns`, {
        form: { action, subjects: owner.did, subject: owner.did, val: 'spam' },
        headers: { 'sec-fetch-site': 'same-origin' },
      })
      expect(answer.status()).toBe(403)
    }
    const foreign = await ofWarden.request.post(`${site.url}/admin/takedowns`, {
      form: { action: 'takedown', subjects: owner.did },
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(foreign.status()).toBe(403)
    expect(world.appview.services.index.moderation.takedownCount).toBe(0)
    // Only operators are asked for the rights to operate.
    const [theirs, hers] = await Promise.all([ofGuest, ofWarden].map(context => open(context, '/account')))
    expect(await theirs!.locator('.address').textContent()).not.toContain('admin.')
    expect(await hers!.locator('.address').textContent()).toContain('admin.takeDown')
    await Promise.all([theirs!.close(), hers!.close()])
  })

  it('shows how the index fares', async () => {
    const page = await open(ofWarden, '/')
    await page.locator('details.account summary').click()
    await page.getByRole('link', { name: 'Operate this index' }).click()
    const shown = await main(page)
    expect(shown).toContain('behind the network')
    expect(await page.getByRole('region', { name: 'Upstreams' }).textContent()).toContain('connected')
    expect(await page.getByRole('region', { name: 'Allowed at most' }).textContent()).toContain('5,000')
    expect(await page.getByRole('region', { name: 'Requests today' }).textContent()).toContain('anonymous')
    expect(await page.getByRole('region', { name: 'On disk' }).textContent()).toMatch(/database[\d.]+ .B/)
    await page.close()
  })

  it('settles reports: taken down and shown again, labelled, dismissed', async () => {
    const { uri } = await putRecord(guest, 'discussion.comment', '3lzzzzzzzzz22', {
      subject: atUri(owner.did, nsid('dataset.entry'), 'drift'),
      text: 'Buy **cheap** altimeters',
    })
    await world.until(
      () => world.ask<{ comments: { uri: string }[] }>('discussion.getThread', { uri }),
      ({ comments }) => comments !== undefined,
    )
    const reader = await open(all.ofOwner, `${dataset}/discussion`)
    for (const said of ['It is an advertisement', 'Again', 'And again']) {
      await reader.goto(`${site.url}${dataset}/discussion`)
      await reader.locator('summary', { hasText: 'Report or mute' }).click()
      await reader.getByLabel('What they should know').fill(said)
      await reader.getByRole('button', { name: 'Report', exact: true }).click()
      expect(await reader.locator('h1').textContent()).toBe('Reported')
    }
    const page = await open(ofWarden, '/admin/reports')
    expect(await page.getByRole('article').count()).toBe(3)
    const first = page.getByRole('article').first()
    expect(await first.textContent()).toContain('Buy cheap altimeters')
    expect(await first.textContent()).toContain('It is an advertisement')
    await first.getByLabel('Why (for operators)').fill('Advertising')
    await first.getByRole('button', { name: 'Take it down' }).click()
    expect(await settled(page)).toBe('Taken down.')
    await reader.goto(`${site.url}${dataset}/discussion`)
    expect(await main(reader)).not.toContain('altimeters')
    expect(await first.textContent()).toContain('taken down')
    await first.getByRole('button', { name: 'Show it again' }).click()
    await reader.reload()
    expect(await main(reader)).toContain('altimeters')
    await first.getByLabel('What comes of it').fill('Said already')
    await first.getByRole('button', { name: 'Dismiss the report' }).click()
    expect(await main(page)).toContain('No report is open')
    await page.getByRole('link', { name: 'Settled' }).click()
    expect(await page.getByRole('article').count()).toBe(3)
    expect(await main(page)).toContain('Taken down: Advertising')
    expect(await main(page)).toContain('Said already')
    await Promise.all([page.close(), reader.close()])
  })

  it('keeps a block list, by handle, DID and at-uri, and says what cannot be taken', async () => {
    const page = await open(ofWarden, '/admin/takedowns')
    await page.getByLabel('Accounts and records').fill(`nobody.example\n${owner.did}`)
    await page.getByRole('button', { name: 'Take them down' }).click()
    expect(await page.getByRole('alert').textContent()).toContain("'nobody.example'")
    expect(await page.getByLabel('Accounts and records').inputValue()).toContain(owner.did)
    await page.getByLabel('Accounts and records').fill(`@${owner.account.handle}`)
    await page.getByLabel('Why (for operators)').fill('A test of the list')
    await page.getByRole('button', { name: 'Take them down' }).click()
    expect(await page.getByRole('row', { name: owner.did }).textContent()).toContain('A test of the list')
    await using stranger = await visitor(browser, { script: false })
    expect((await status(stranger, dataset)).status).toBe(404)
    await page.getByRole('button', { name: /^Show it again/ }).click()
    expect(await main(page)).toContain('Nothing is taken down')
    expect((await status(stranger, dataset)).status).toBe(200)

    const form = page.locator('form', { hasText: 'Take the label back' })
    await form.getByLabel('Account or record').fill(owner.account.handle)
    await form.getByLabel('Label', { exact: true }).fill('unreliable')
    await form.getByRole('button', { name: 'Label it' }).click()
    expect(await settled(page)).toBe('Labelled.')
    const labels = async () =>
      (await world.ask<{ labels?: { val: string; src: string }[] }>('actor.getProfile', { actor: owner.did }))
        .labels
    expect(await labels()).toMatchObject([{ val: 'unreliable', src: world.appview.did }])
    await form.getByLabel('Account or record').fill(owner.did)
    await form.getByLabel('Label', { exact: true }).fill('unreliable')
    await form.getByRole('button', { name: 'Take the label back' }).click()
    expect(await labels()).toBeUndefined()
    await page.close()
  })

  it('makes plans and keys, shows a key once, and who asked how much', async () => {
    const page = await open(ofWarden, '/admin/keys')
    await page.getByLabel('Name of the plan').fill('institute')
    await page.getByLabel('Requests a month').fill('100000')
    await page.getByRole('button', { name: 'Save the plan' }).click()
    expect(await page.getByRole('region', { name: 'Plans' }).textContent()).toContain('100,000')
    await page.getByLabel('Whose the key is').fill('Institute of the Sea')
    await page.getByLabel('Plan of the key').selectOption('institute')
    await page.getByRole('button', { name: 'Make a key' }).click()
    const key = await page.locator('code.key').textContent()
    const answer = await fetch(`${world.appview.url}/xrpc/${nsid('service.describeService')}`, {
      headers: { 'X-API-Key': key! },
    })
    expect(answer.status).toBe(200)
    await page.goto(`${site.url}/admin/keys`)
    expect(await main(page)).not.toContain(key)
    expect(await page.getByRole('region', { name: 'Usage' }).textContent()).toContain('Institute of the Sea')
    const csv = await ofWarden.request.get(`${site.url}/admin/usage.csv`)
    expect(await csv.text()).toContain('Institute of the Sea,institute,')
    await page.getByRole('button', { name: /^Revoke/ }).click()
    expect(await page.getByRole('region', { name: 'API keys' }).textContent()).toContain('revoked')
    await page.close()
  })

  it('has no violation of WCAG 2.2 AA that axe finds, in light and dark, on a desk and on a phone', async () => {
    await using context = await visitor(browser)
    await context.addCookies(await ofWarden.cookies(site.url))
    const page = await context.newPage()
    for (const path of ['/admin', '/admin/reports?state=all', '/admin/takedowns', '/admin/keys'])
      for (const [width, scheme] of [
        [1280, 'light'],
        [390, 'dark'],
      ] as const) {
        await page.setViewportSize({ width, height: 900 })
        await page.goto(site.url + path)
        expect(await violations(page, [scheme])).toEqual([])
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        expect(overflow, `${path} at ${width}`).toBeLessThanOrEqual(0)
        if (process.env.FROST_SHOTS)
          await page.screenshot({
            path: `${process.env.FROST_SHOTS}/${path.replace(/\W+/g, '-')}-${width}.png`,
            fullPage: true,
          })
      }
  }, 120_000)
})
