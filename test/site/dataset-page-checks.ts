import { citationStyles } from '@frost/catalogs/citation/index'
import { nsid } from '@frost/lexicon'
import { expect, it } from 'vitest'
import type { FullWorld } from './full-world.ts'
import { shiftsOf } from './layout-shift.ts'

/** What the pages of datasets and versions say, in the world of all pages. */
export function datasetPageChecks(worldOf: () => FullWorld): void {
  const open = async (path: string) => {
    const { stranger, site } = worldOf()
    const page = await stranger.newPage()
    await page.goto(site.url + path)
    return page
  }
  const address = (rkey: string) => `/d/${worldOf().owner.account.handle}/${rkey}`

  it('warns of what is retracted or superseded wherever it is named, and leads to what to use instead', async () => {
    const [first, second] = worldOf().ids.version
    const page = await open(address('drift'))
    const old = page.locator('#versions li', { hasText: '1.0' })
    expect(await old.locator('.badge.bad').textContent()).toBe('retracted')
    await old.getByRole('link', { name: /version 2\.0/ }).click()
    await page.waitForURL(url => url.pathname.endsWith(`/v/${second}`))

    await page.goto(`${worldOf().site.url}${address('drift')}/v/${first}`)
    const notice = page.getByRole('note').filter({ hasText: 'retracted' })
    expect(await notice.textContent()).toMatch(
      /retracted\. This version is wrong: do not use it\. Since 2025-02-01 \(said 2026-03-01\)/,
    )
    expect(await notice.locator('em').textContent()).toBe('invented')
    expect(await notice.getByRole('link').getAttribute('href')).toMatch(new RegExp(`/drift/v/${second}$`))

    await page.goto(`${worldOf().site.url}/search?q=edge+of+the+ice`)
    const result = page.locator('.result', { hasText: 'The edge of the ice' })
    expect(await result.locator('.notice-line').textContent()).toMatch(
      /superseded.*Use Drift of sea ice.* instead/,
    )
    await page.goto(`${worldOf().site.url}/p/${worldOf().owner.account.handle}`)
    expect(await page.locator('.tile', { hasText: 'The edge' }).locator('.notice-line').textContent()).toBe(
      'superseded',
    )
    await page.goto(`${worldOf().site.url}/embed${address('edge')}`)
    const leading = page.locator('.notice-line').getByRole('link')
    expect(await leading.getAttribute('href')).toBe(`${worldOf().site.url}/d/${worldOf().owner.did}/drift`)
    await page.close()
  }, 60_000)

  it('says of what was deleted that it was, when, by whom, what to use instead and who built on it', async () => {
    const page = await open(address('melt'))
    expect(await page.locator('h1').textContent()).toBe('This dataset was deleted')
    const text = (await page.locator('main').textContent())!
    expect(text).toContain('Ice Laboratory')
    expect(text).toMatch(/deleted \d{4}-\d\d-\d\d/)
    expect(text).toContain('Clouds were taken for water')
    expect(text).toMatch(/Ponds of July made from it by Grace Hopper/)
    expect(text).not.toContain('first attempt')
    expect(await page.getByRole('link', { name: /Drift of sea ice/ }).count()).toBe(1)

    // Whatever lay below it too; what others merely name is not said to be gone.
    const { stranger, site, guest } = worldOf()
    const answers = ['melt/discussion', 'rivers', 'nothing'].map(async rkey => {
      const answer = await stranger.request.get(site.url + address(rkey))
      return [answer.status(), /<h1>(.*?)<\/h1>/.exec(await answer.text())?.[1]]
    })
    expect(await Promise.all(answers)).toEqual([
      [410, 'This dataset was deleted'],
      [404, 'This dataset is not held here'],
      [404, 'Not here'],
    ])
    const ponds = await stranger.request.get(`${site.url}/d/${guest.account.handle}/ponds`)
    expect(await ponds.text()).toContain('Lineage')
    await page.close()
  }, 60_000)

  it('cites a dataset and a version in the state that is shown, as text, as files and by DOI', async () => {
    const { world, stranger, site, owner, ids } = worldOf()
    const uri = (name: string, rkey: string) => `at://${owner.did}/${nsid(name)}/${rkey}`
    const cited = {
      [address('drift')]: uri('dataset.entry', 'drift'),
      [`${address('drift')}/v/${ids.version[1]}`]: uri('dataset.version', ids.version[1]!),
    }
    for (const [path, record] of Object.entries(cited)) {
      for (const style of Object.keys(citationStyles)) {
        const answer = await stranger.request.get(`${site.url}${path}?format=${style}`)
        const { text, items } = await world.ask<{ text: string; items: { cid: string }[] }>(
          'graph.formatCitation',
          { uris: [record], style },
        )
        expect(await answer.text(), `${path} as ${style}`).toBe(text)
        const isText = /^text/.test(answer.headers()['content-type']!)
        expect(answer.headers()['content-disposition']).toMatch(
          isText
            ? /^inline; filename="drift.*\.txt"/
            : /^attachment; filename="(drift.*\.(bib|ris|json|xml)|CITATION\.cff)"/,
        )
        if (style === 'bibtex') expect(text).toContain(items[0]!.cid)
      }
      const page = await open(path)
      const box = page.locator('#cite')
      expect(await box.getByRole('button', { name: 'Copy', includeHidden: true }).count()).toBe(3)
      expect(await box.locator('a[href^="https://doi.org/"]').getAttribute('href')).toBe(
        `https://doi.org/10.5072/drift${path.includes('/v/') ? '.v2' : ''}`,
      )
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        box.getByRole('link', { name: /^RIS/ }).click(),
      ])
      expect(file.suggestedFilename()).toMatch(/^drift.*\.ris$/)
      await page.close()
    }
    const refused = await stranger.request.get(`${site.url}${address('drift')}?format=docx`)
    expect(refused.status()).toBe(400)
  }, 60_000)

  it('shows checksums, when the data is about, where branches stand, who paid and what describes it elsewhere', async () => {
    const page = await open(address('drift'))
    const where = page.locator('#where .where', { hasText: 'As a table' })
    expect(await where.locator('.checksums').textContent()).toMatch(/^sha-256Copy9f86d081/)
    await where.getByRole('button', { name: 'Copy' }).click()
    expect(await page.getByRole('img', { name: /^Time: 1979 – 1987-11; 1988-01 – now$/ }).count()).toBe(1)
    expect(await page.locator('.timebar .bar').count()).toBe(2)
    const heads = page.locator('#heads .head')
    expect(await heads.count()).toBe(2)
    expect(await heads.locator('h3').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining('nearly'), expect.stringContaining('main')]),
    )
    const main = heads.filter({ hasText: 'A2RASQHPYRVFK6ZQ3SA0' })
    expect(await main.textContent()).toContain('complete up to 2026-02-28')
    expect(await main.textContent()).toContain('A day more.')
    await main.locator('summary').click()
    expect(await main.locator('.steps').textContent()).toContain('1CECHUNKREP0F1RSTCMT')
    for (const [name, href] of [
      ['RC-1893', 'https://example.org/grants/RC-1893'],
      ['Research Council', 'https://doi.org/10.13039/501100000000'],
      ['ISO 19115', 'https://example.org/drift.xml'],
    ] as const)
      expect(await page.getByRole('link', { name, exact: true }).getAttribute('href')).toBe(href)
    await page.goto(`${worldOf().site.url}/d/oceanlab.icehub.test/air`)
    expect(await page.locator('#heads').count()).toBe(0)
    await page.goto(`${worldOf().site.url}${address('drift')}/v/${worldOf().ids.version[1]}`)
    expect(await page.getByRole('link', { name: '10.5072/drift.v2' }).first().getAttribute('href')).toBe(
      'https://doi.org/10.5072/drift.v2',
    )
    expect(await page.locator('main').textContent()).toMatch(/digest of csv.*sha256:0123456789abcdef/s)
    await page.close()
  }, 60_000)

  it('finds and shows variables that are too many for the record of their dataset', async () => {
    const page = await open('/search?q=albedo')
    await page.getByRole('link', { name: 'Radiation at stations' }).click()
    const columns = page.locator('section.card', { has: page.getByRole('heading', { name: 'Columns' }) })
    expect(await columns.textContent()).toContain('albedo_of_snow')
    expect(await columns.getByRole('link', { name: 'The whole model' }).getAttribute('href')).toBe(
      'https://example.org/columns.json',
    )
    await page.close()
  }, 60_000)

  it.each([
    ['on a desk', { width: 1280, height: 900 }],
    ['on a phone', { width: 390, height: 844 }],
  ])(
    'moves nothing while it is read, %s: home, profile, datasets with previews and lineage',
    async (_, viewport) => {
      const { stranger, site, owner } = worldOf()
      const paths = ['/', `/p/${owner.account.handle}`, address('drift'), '/d/oceanlab.icehub.test/stations']
      for (const path of paths) expect(await shiftsOf(stranger, site.url + path, viewport), path).toEqual([])
    },
    60_000,
  )
}
