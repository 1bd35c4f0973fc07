import { definition } from '@frost/lexicon'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frostFor } from '../cli/run-frost.ts'
import { ENTRY, type PublishingWorld, publishingWorld } from './publishing-world.ts'
import { chromiumPath, startBrowser } from './site.ts'
import { signIn, violations, visitor } from './world-with-sign-in.ts'

const executable = chromiumPath()

describe.skipIf(executable === undefined)('publishing on the site', { timeout: 90_000 }, () => {
  let its: PublishingWorld
  let browser: Browser
  /** Signed in at the site. */
  let person: BrowserContext
  /** The same person on a phone, in a browser without script. */
  const plain = async () => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 420, height: 900 },
      storageState: await person.storageState(),
    })
    context.setDefaultTimeout(25_000)
    return context
  }
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

  beforeAll(async () => {
    its = await publishingWorld()
    browser = await startBrowser(executable!)
    person = await visitor(browser)
    await signIn(await person.newPage(), its.site.url, its.account, '/publish')
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await its?.[Symbol.asyncDispose]()
  })

  it('reads the data, fills the form, says what is wrong as one types, and what is published is there at once', async () => {
    const { site, pathOf, recordOf, recordsOf } = its
    const { world } = its.preview
    const page = await person.newPage()
    await page.goto(`${site.url}/publish`)
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Where the data is').fill(`${world.network.store.url}/air.zarr`)
    await press(page, 'Read it and go on')
    expect(await page.locator('.banner').first().textContent()).toContain('described already')
    expect(await page.locator('main').textContent()).toContain('tas (K)')
    expect(await page.getByLabel('West').inputValue()).not.toBe('')

    await page.getByLabel('Title').fill('Air above the South Pole')
    await page.getByLabel('Name', { exact: true }).fill('Amundsen, Roald')
    await page.getByLabel('ORCID iD or ROR id').fill('0000-0002-1825-0098')
    await page.getByLabel('Affiliation').fill('Fram')
    await page.locator('#people-0-id-problem', { hasText: 'last digit does not fit' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('ORCID iD or ROR id').fill('0000-0002-1825-0097')
    await page.locator('#people-0-id-problem').filter({ hasNotText: /./ }).waitFor({ state: 'attached' })
    await press(page, 'CC-BY-4.0')
    expect(await page.getByLabel('Licence', { exact: true }).inputValue()).toBe('CC-BY-4.0')

    const map = page.locator('[data-map] svg')
    await map.evaluate(element => element.scrollIntoView({ block: 'center' }))
    const { x, y, width, height } = (await map.boundingBox())!
    await page.mouse.move(x + width / 4, y + height * 0.9)
    await page.mouse.down()
    await page.mouse.move(x + width / 2, y + height * 0.95)
    await page.mouse.move(x + (width * 3) / 4, y + height + 4)
    await page.mouse.up()
    expect(await page.getByLabel('West').inputValue()).toBe('-90')
    expect(await page.getByLabel('East').inputValue()).toBe('90')
    expect(await page.getByLabel('North').inputValue()).toBe('-72')

    await page.getByLabel('Search for a dataset').pressSequentially('carbon dioxide')
    await page.getByRole('button', { name: 'Take it Carbon dioxide by month' }).click()
    expect(await page.getByLabel('Carbon dioxide by month').inputValue()).toMatch(/^at:\/\/did:/)
    await press(page, 'Another person')
    await page.locator('#people-1-name').fill('Wisting, Oscar')

    const [tab] = await Promise.all([person.waitForEvent('page'), press(page, 'Preview in a new tab')])
    await tab.getByRole('heading', { level: 1, name: 'Air above the South Pole' }).waitFor()
    expect(await tab.locator('main').textContent()).toContain('nothing is written')
    expect(await recordsOf('dataset.entry')).toEqual([])
    await tab.close()

    await press(page, 'Publish')
    await page.waitForURL(`${site.url}${pathOf('air-above-the-south-pole')}?done=published`)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Air above the South Pole')
    expect(await page.locator('#lineage').textContent()).toContain('Carbon dioxide by month')
    expect(await violations(page)).toEqual([])
    const { value } = await recordOf('air-above-the-south-pole')
    expect(value).toMatchObject({
      rights: [{ spdx: 'CC-BY-4.0' }],
      creators: [
        {
          name: 'Amundsen, Roald',
          familyName: 'Amundsen',
          affiliation: [{ name: 'Fram' }],
          identifiers: [{ value: '0000-0002-1825-0097' }],
        },
        { name: 'Wisting, Oscar' },
      ],
      coverage: { spatial: [{ bbox: { west: '-90', east: '90', south: '-90', north: '-72' } }] },
      distributions: [{ id: 'data', role: 'primary', format: 'zarr' }],
      derivedFrom: [
        { role: 'source', ref: { uri: expect.stringContaining('/co2'), cid: expect.any(String) } },
      ],
    })
    const search = () => world.ask<{ total: number }>('dataset.searchEntries', { q: 'south pole air' })
    await world.until(search, ({ total }) => total > 0)
    await page.goto(`${site.url}/search?q=south+pole+air`)
    expect(await page.getByRole('link', { name: 'Air above the South Pole' }).count()).toBe(1)
    await page.close()
  })

  it('makes the same record as the command line', async () => {
    const { site, account, pathOf, recordOf, preview } = its
    const url = `${preview.world.network.store.url}/stations.parquet`
    const frost = frostFor({
      plcUrl: preview.world.network.plcUrl,
      service: account.service,
      appviewUrl: preview.world.appview.url,
    })
    await frost(['login', account.handle, '--app-password'], { input: `${account.password}\n` })
    const { status, stderr } = await frost([
      'publish',
      url,
      '--title',
      'Stations',
      '--license',
      'CC0-1.0',
      '--keyword',
      'a,b',
      '--slug',
      'by-command',
    ])
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
    await using context = await plain()
    const page = await context.newPage()
    await page.goto(`${site.url}/publish/new?url=${encodeURIComponent(url)}`)
    await page.getByLabel('Title').fill('Stations')
    await page.getByLabel('Licence', { exact: true }).fill('CC0-1.0')
    await page.getByLabel('Keywords').fill('a, b')
    await page.getByLabel('Short name').fill('by-form')
    await press(page, 'Publish')
    await page.waitForURL(`${site.url}${pathOf('by-form')}?done=published`)
    const [{ value: one }, { value: other }] = await Promise.all([
      recordOf('by-command'),
      recordOf('by-form'),
    ])
    expect({ ...other, createdAt: '' }).toEqual({ ...one, createdAt: '' })
  })

  it('without script says what is wrong, adds rows, finds sources, and keeps what was typed', async () => {
    const { site, preview, pathOf, recordOf } = its
    await using context = await plain()
    const page = await context.newPage()
    await page.goto(`${site.url}/publish/new`)
    await press(page, 'Read them from the data')
    expect(await page.getByRole('status').first().textContent()).toContain('Give the address')
    await page.getByLabel('Address', { exact: true }).fill(`${preview.world.network.store.url}/series.nc`)
    await page.getByLabel('Until').fill('1912')
    await press(page, 'Read them from the data')
    expect(await page.locator('main').textContent()).toContain('co2')
    expect(await page.getByLabel('Until').inputValue()).toBe('1912')
    await page.getByLabel('From', { exact: true }).fill('May 1911')
    await press(page, 'Another person')
    await page.locator('#people-1-name').fill('Hassel, Sverre')
    await page.getByLabel('Search for a dataset').fill('carbon dioxide')
    await press(page, 'Find')
    await page.getByRole('button', { name: 'Take it Carbon dioxide by month' }).click()
    expect(await page.getByLabel('Carbon dioxide by month').inputValue()).toMatch(/^at:\/\/did:/)
    await press(page, 'Publish')
    const alert = page.getByRole('alert')
    expect(await alert.textContent()).toMatch(/needs a title.*'May 1911': write a time/s)
    expect(await page.locator('#people-1-name').inputValue()).toBe('Hassel, Sverre')
    expect(await page.getByLabel('From', { exact: true }).getAttribute('aria-invalid')).toBe('true')
    await alert.getByRole('link', { name: /needs a title/ }).click()
    expect(page.url()).toMatch(/#title$/)
    await page.getByLabel('Title').fill('Diary of the march')
    await page.getByLabel('From', { exact: true }).fill('1911-05')
    await page.getByLabel('Short name').fill('air-above-the-south-pole')
    await press(page, 'Publish')
    expect(await page.getByRole('alert').textContent()).toContain('the name of another of your datasets')
    await page.getByLabel('Short name').fill('diary')
    // Enter in a field only looks whether all is well.
    await page.getByLabel('Keywords').press('Enter')
    expect(await page.locator('.banner').textContent()).toContain('Nothing is wrong')
    // Whoever is signed out meanwhile loses nothing of it.
    const cookies = await context.cookies()
    await context.clearCookies()
    await press(page, 'Publish')
    expect(await page.getByRole('alert').textContent()).toContain('session')
    expect(await page.getByLabel('Title').inputValue()).toBe('Diary of the march')
    await context.addCookies(cookies)
    await press(page, 'Publish')
    await page.waitForURL(`${site.url}${pathOf('diary')}?done=published`)
    expect((await recordOf('diary')).value).toMatchObject({
      title: 'Diary of the march',
      creators: [{ name: 'Hassel, Sverre' }],
      coverage: { temporal: [{ start: '1911-05' }] },
    })
  })

  it('edits, keeps what it does not know, and lets nobody overwrite what came in between', async () => {
    const { site, pathOf, recordOf, putEntry } = its
    const record = {
      title: 'Before',
      description: 'As it was.',
      rights: [{ spdx: 'CC-BY-4.0', appliesTo: [{ id: 'x' }] }],
      funding: [{ funderName: 'Storting' }],
      futureField: { deep: [1, 2] },
    }
    await putEntry('edited', record)
    await using context = await plain()
    const page = await context.newPage()
    await page.goto(`${site.url}${pathOf('edited')}/edit`)
    await page.getByLabel('Title').fill('After')
    await press(page, 'Save the changes')
    await page.waitForURL(`${site.url}${pathOf('edited')}?done=saved`)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('After')
    expect((await recordOf('edited')).value).toMatchObject({ ...record, title: 'After' })

    await page.getByRole('link', { name: 'Edit' }).click()
    await page.getByLabel('Title').fill('Mine')
    await putEntry('edited', { ...record, title: 'Theirs', description: 'As others say.' })
    await press(page, 'Save the changes')
    expect(await page.getByRole('alert').textContent()).toMatch(/changed from elsewhere.*“Theirs”/s)
    expect((await recordOf('edited')).value).toMatchObject({ title: 'Theirs' })
    expect(await page.getByLabel('Title').inputValue()).toBe('Mine')
    expect(await page.getByLabel('Description').inputValue()).toBe('As others say.')
    await press(page, 'Save the changes')
    await page.waitForURL(`${site.url}${pathOf('edited')}?done=saved`)
    expect((await recordOf('edited')).value).toMatchObject({
      ...record,
      title: 'Mine',
      description: 'As others say.',
    })
  })

  it('releases, mirrors, announces, resolves and unpublishes from the page of the dataset', async () => {
    const { site, account, pathOf, recordOf, recordsOf } = its
    await using context = await plain()
    const page = await context.newPage()
    const path = pathOf('air-above-the-south-pole')
    await page.goto(`${site.url}${path}`)
    await page.getByRole('link', { name: 'Release a version' }).click()
    await page.getByLabel('Name of the version').fill('v1.0')
    await page.getByLabel('What fixes the state of the data').fill('digest:sha256:12')
    await press(page, 'Release')
    expect(await page.getByRole('alert').textContent()).toMatch(/digest:sha256: and 64 digits/)
    await page.getByLabel('What fixes the state of the data').fill(`digest:sha256:${'9f'.repeat(32)}`)
    await page.getByLabel('What has changed').fill('First calibrated release')
    await press(page, 'Release')
    await page.waitForURL(url => url.search === '?done=released')
    expect(await page.locator('#versions').textContent()).toContain('First calibrated release')
    expect(await recordsOf('dataset.version')).toMatchObject([
      {
        version: 'v1.0',
        entry: { cid: (await recordOf('air-above-the-south-pole')).cid },
        pins: [{ distribution: 'data' }],
      },
    ])

    await page.getByRole('link', { name: 'Add a mirror' }).click()
    await page.getByLabel('Where the copy is').fill('gs://mirror/air.zarr')
    await page.getByLabel('Region').fill('europe-west4')
    await press(page, 'Announce it')
    await page.waitForURL(url => url.search === '?done=mirrored')
    expect(await page.locator('#mirrors').textContent()).toMatch(/gs:\/\/mirror\/air\.zarr/)

    await page.getByRole('link', { name: 'Announce a notice' }).click()
    await page.getByLabel('What happened').selectOption('outage')
    await page.getByLabel('What to know and to do').fill('The bucket moves, back on Monday')
    await press(page, 'Announce it')
    await page.waitForURL(url => url.search === '?done=noticed')
    expect(await page.getByRole('note').textContent()).toContain('back on Monday')
    await page.getByRole('link', { name: 'Announce a notice' }).click()
    await press(page, 'It is over outage')
    await page.waitForURL(url => url.search === '?done=resolved')
    expect(await page.getByRole('note').count()).toBe(0)

    await page.getByRole('link', { name: 'Unpublish' }).click()
    expect(await page.locator('main').textContent()).toContain('The data itself is not touched')
    await press(page, 'Delete the record')
    await page.waitForURL(url => url.pathname === `/p/${account.handle}`)
    expect(await page.getByRole('status').textContent()).toContain('The record is deleted')
    expect(await page.locator('main').textContent()).not.toContain('Air above the South Pole')
    expect(await recordsOf('dataset.version')).toEqual([])
    expect((await page.goto(`${site.url}${path}`))?.status()).toBe(410)
    expect(await page.locator('h1').textContent()).toBe('This dataset was deleted')
    expect(await page.locator('main').textContent()).not.toContain('South Pole')
  })

  it('imports what other catalogues say, from a file, an address and a DOI', async () => {
    const { site, catalogUrl, recordOf } = its
    const collection = {
      type: 'Collection',
      stac_version: '1.1.0',
      id: 'glaciers',
      title: 'Outlines of glaciers',
      description: 'Outlines drawn by hand.',
      license: 'CC-BY-4.0',
      extent: {
        spatial: { bbox: [[5, 58, 31, 71]] },
        temporal: { interval: [['1999-01-01T00:00:00Z', null]] },
      },
      links: [],
    }
    await using context = await plain()
    const page = await context.newPage()
    await page.goto(`${site.url}/publish`)
    await page.getByLabel('Its address').fill(`${catalogUrl}/nothing`)
    await press(page, 'Import it and go on')
    expect(await page.getByRole('alert').textContent()).toContain('answered 404')
    await page.getByLabel('Its address').fill(`${catalogUrl}/page`)
    await press(page, 'Import it and go on')
    expect(await page.getByLabel('Title').inputValue()).toBe('Fjords')
    await page.goto(`${site.url}/publish`)
    await page.getByLabel('Its address').fill('https://doi.org/10.5072/FJORDS')
    await press(page, 'Import it and go on')
    expect(await page.getByLabel('Title').inputValue()).toBe('Fjords by DOI')
    expect(await page.getByLabel('DOI', { exact: true }).inputValue()).toBe('10.5072/fjords')

    await page.goto(`${site.url}/publish`)
    await page.getByLabel('Or a file').setInputFiles({
      name: 'collection.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(collection)),
    })
    await press(page, 'Import it and go on')
    expect(await page.locator('.banner').first().textContent()).toContain('Read as STAC')
    await press(page, 'Publish')
    await page.waitForURL(url => url.search === '?done=published')
    expect((await recordOf('outlines-of-glaciers')).value).toMatchObject({
      title: 'Outlines of glaciers',
      source: { catalog: 'stac', id: 'glaciers' },
      coverage: { spatial: [{ bbox: { west: '5' } }], temporal: [{ start: '1999-01-01', ongoing: true }] },
    })
  })

  it('lets nobody write who is not signed in, whose dataset it is not, or whom another site has sent', async () => {
    const { site, preview, pathOf, recordsOf } = its
    await using context = await plain()
    const page = await context.newPage()
    const other = preview.pathOf('air')
    for (const action of ['edit', 'release', 'unpublish']) {
      expect((await page.goto(`${site.url}${other}/${action}`))?.status()).toBe(403)
      expect(await page.locator('main').textContent()).toContain('belongs to oceanlab.icehub.test')
    }
    expect((await page.goto(`${site.url}${other}/mirror`))?.status()).toBe(200)

    const [cookie] = await context.cookies(site.url)
    const before = await recordsOf('dataset.entry')
    const body = new FormData()
    body.set('base', JSON.stringify({ $type: ENTRY, title: 'Forged', createdAt: '2026-01-01T00:00:00.000Z' }))
    body.set('title', 'Forged')
    body.set('action', 'publish')
    const paths = [
      '/publish/new',
      '/publish/import',
      '/publish/check',
      `${pathOf('diary')}/edit`,
      `${pathOf('diary')}/unpublish`,
      `${pathOf('diary')}/release`,
    ]
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }] as Record<
      string,
      string
    >[])
      for (const path of paths) {
        const answer = await fetch(site.url + path, {
          method: 'POST',
          headers: { cookie: `${cookie!.name}=${cookie!.value}`, ...headers },
          body,
          redirect: 'manual',
        })
        expect({ path, status: answer.status }).toEqual({ path, status: 403 })
      }
    for (const path of [
      '/publish',
      '/publish/new',
      `${pathOf('diary')}/edit`,
      `${pathOf('diary')}/unpublish`,
    ]) {
      const answer = await fetch(site.url + path, { redirect: 'manual' })
      expect(answer.headers.get('location')).toMatch(/^\/sign-in\?return_to=/)
    }
    const nobody = await fetch(`${site.url}${other}/edit`, {
      method: 'POST',
      headers: { cookie: `${cookie!.name}=${cookie!.value}`, 'sec-fetch-site': 'same-origin' },
      body,
    })
    expect(nobody.status).toBe(403)
    expect(await recordsOf('dataset.entry')).toEqual(before)
  })

  it('shows in its form what strangers write, and runs none of it', async () => {
    const { site, pathOf, putEntry, recordOf } = its
    const attack =
      '</textarea></script><img src=x onerror="window.attacked=1"><svg onload="window.attacked=1">'
    const record = {
      title: attack,
      description: attack,
      rights: [{ name: attack, uri: 'javascript:window.attacked=1' }],
      subjects: [{ term: attack }],
      creators: [{ name: attack, url: 'javascript:window.attacked=1' }],
      distributions: [{ id: 'a', uri: `https://e.org/"${attack}`, format: attack.slice(0, 60) }],
      derivedFrom: [{ ref: { $type: definition('urlRef'), uri: 'javascript:window.attacked=1' } }],
    }
    await putEntry('hostile', record)
    const page = await person.newPage()
    const dialogs: string[] = []
    page.on('dialog', dialog => dialogs.push(dialog.message()))
    await page.goto(`${site.url}${pathOf('hostile')}/edit`)
    expect(await page.getByLabel('Title').inputValue()).toBe(attack)
    const [tab] = await Promise.all([person.waitForEvent('page'), press(page, 'Preview in a new tab')])
    await tab.getByRole('heading', { level: 1 }).waitFor()
    for (const one of [page, tab])
      expect(await one.evaluate(() => (window as unknown as { attacked?: number }).attacked)).toBeUndefined()
    expect(dialogs).toEqual([])
    await tab.close()
    await page.getByLabel('DOI', { exact: true }).fill('10.1234/hostile')
    await press(page, 'Save the changes')
    await page.waitForURL(url => url.search === '?done=saved')
    expect((await recordOf('hostile')).value).toMatchObject(record)
    await page.close()
  })

  it('freezes the newest snapshot of a branch, as the store itself says it', async context => {
    const { site, preview, putEntry, pathOf, recordsOf } = its
    if (!preview.hasFixtures) context.skip()
    const uri = `${preview.world.network.store.url}/icechunk/test-repo-v2`
    await putEntry('repository', {
      title: 'A repository',
      distributions: [{ id: 'repo', uri, format: 'icechunk' }],
    })
    const page = await person.newPage()
    await page.goto(`${site.url}${pathOf('repository')}/edit`)
    await press(page, 'Save the changes')
    await page.waitForURL(url => url.search === '?done=saved')
    await page.getByRole('link', { name: 'Release a version' }).click()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Name of the version').fill('v1')
    await page.getByLabel('Freeze the newest snapshot').fill('no-such-branch')
    await press(page, 'Release')
    expect(await page.getByRole('alert').textContent()).toContain('no-such-branch')
    await page.getByLabel('Freeze the newest snapshot').fill('main')
    await press(page, 'Release')
    await page.waitForURL(url => url.search === '?done=released')
    expect(await recordsOf('dataset.version')).toMatchObject([
      {
        pins: [
          {
            distribution: 'repo',
            pin: {
              scheme: 'icechunk-snapshot',
              branch: 'main',
              value: expect.stringMatching(/^[0-9A-Z]{20}$/),
            },
          },
        ],
      },
    ])
    for (const action of ['notice', 'mirror', 'unpublish']) {
      await page.goto(`${site.url}${pathOf('repository')}/${action}`)
      expect(await violations(page)).toEqual([])
    }
    await page.close()
  })

  it('an account that is made in the browser publishes at once', async () => {
    const { site, preview } = its
    await using context = await visitor(browser)
    const page = await context.newPage()
    await page.goto(`${site.url}/publish`)
    await press(page, 'Make an account')
    await page.locator('input[name=handle]').fill('scott')
    await press(page, 'Next')
    await page.locator('input[name=email]').waitFor()
    await page.locator('input[name=email]').fill('scott@example.org')
    await page.locator('input[type=password]').fill('terra-nova-1910')
    await press(page, 'Sign up')
    await press(page, 'Authorize')
    await page.waitForURL(`${site.url}/publish`)
    await page.getByRole('link', { name: 'An empty form' }).click()
    await page.getByLabel('Title').fill('Weather at Cape Evans')
    await press(page, 'Publish')
    await page.waitForURL(url => url.search === '?done=published')
    const search = () => preview.world.ask<{ total: number }>('dataset.searchEntries', { q: 'cape evans' })
    expect((await preview.world.until(search, ({ total }) => total > 0)).total).toBe(1)
  })

  it('what is written while the index is away is written, and shown as it will be', async () => {
    const { site, preview, recordOf } = its
    const page = await person.newPage()
    await page.goto(`${site.url}/publish/new`)
    await page.getByLabel('Title').fill('Written in the dark')
    await preview.world.stopAppview()
    await press(page, 'Publish')
    await page.getByText('It is written to your repository').waitFor()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Written in the dark')
    expect((await recordOf('written-in-the-dark')).value).toMatchObject({ title: 'Written in the dark' })
    await page.close()
    await preview.world.restartAppview()
  })
})
