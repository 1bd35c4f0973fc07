import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppView } from '../../apps/web/src/appview.ts'
import { configFromEnv } from '../../apps/web/src/config.ts'
import { createSite } from '../../apps/web/src/server.tsx'
import { Sessions } from '../../apps/web/src/session/sessions.ts'
import { datasetPageChecks } from './dataset-page-checks.ts'
import { type FullWorld, fullWorld } from './full-world.ts'
import { chromiumPath } from './site.ts'
import { violations } from './world-with-sign-in.ts'

const executable = chromiumPath()
const PHONE = { width: 390, height: 844 }
const DESKTOP = { width: 1280, height: 900 }
const NARROWEST = 360
/** Where pictures of all pages are written for people to look at; nowhere unless it is named. */
const pictures = process.env.FROST_PICTURES

/** What the site answers that is no page. */
const DOCUMENTS = new Set([
  '/admin/usage.csv',
  '/assets/*',
  '/at/:did/:collection/:rkey',
  '/d/:actor/:rkey/proof',
  '/feeds/:file',
  '/following',
  '/oauth/callback',
  '/picture/:did/:cid',
  '/oauth/client-metadata.json',
  '/oauth/jwks.json',
  '/opensearch.xml',
  '/picture/:did/:cid',
  '/publish/sources',
  '/robots.txt',
  '/.well-known/security.txt',
  '/settings/export/repository.car',
  '/settings/export/settings.json',
  '/sitemap.xml',
  '/sitemaps/:file',
  '/suggest',
  '/thumbnail/:did/:rkey',
])

/** Of every route that is a page, addresses at which it shows what it can. */
function pagesOf({ owner, guest, ids }: FullWorld): Record<string, readonly string[]> {
  const person = `/p/${owner.account.handle}`
  const data = `/d/${owner.account.handle}/drift`
  const [first] = ids.version
  return {
    '/': ['/'],
    '/about': ['/about'],
    '/account': ['/account'],
    '/admin': ['/admin'],
    '/admin/keys': ['/admin/keys'],
    '/admin/reports': ['/admin/reports', '/admin/reports?state=resolved'],
    '/admin/takedowns': ['/admin/takedowns'],
    '/c/:actor/:rkey': [`/c/${guest.account.handle}/ice`],
    '/c/:actor/:rkey/edit': [`/c/${owner.account.handle}/own/edit`],
    '/c/new': ['/c/new'],
    '/d/:actor/:rkey': [data, '/d/oceanlab.icehub.test/air', '/d/oceanlab.icehub.test/closed'],
    '/d/:actor/:rkey/citations': [`${data}/citations`],
    '/d/:actor/:rkey/collect': [`${data}/collect`],
    '/d/:actor/:rkey/corrections': [`${data}/corrections`],
    '/d/:actor/:rkey/corrections/:did/:key': [`${data}/corrections/${guest.did}/${ids.correction}`],
    '/d/:actor/:rkey/corrections/new': [`${data}/corrections/new`],
    '/d/:actor/:rkey/diff': [`${data}/diff`],
    '/d/:actor/:rkey/discussion': [`${data}/discussion`],
    '/d/:actor/:rkey/edit': [`${data}/edit`],
    '/d/:actor/:rkey/files': [`${data}/files`, '/d/oceanlab.icehub.test/bucket/files'],
    '/d/:actor/:rkey/issues': [`${data}/issues`],
    '/d/:actor/:rkey/issues/:did/:key': [`${data}/issues/${guest.did}/${ids.issue}`],
    '/d/:actor/:rkey/issues/new': [`${data}/issues/new`],
    '/d/:actor/:rkey/lineage': [`${data}/lineage`],
    '/d/:actor/:rkey/mirror': [`${data}/mirror`],
    '/d/:actor/:rkey/notice': [`${data}/notice`],
    '/d/:actor/:rkey/preview': [`${data}/preview`, '/d/oceanlab.icehub.test/stations/preview'],
    '/d/:actor/:rkey/release': [`${data}/release`],
    '/d/:actor/:rkey/unpublish': [`${data}/unpublish`],
    '/d/:actor/:rkey/v/:version': [`${data}/v/${first}`],
    '/d/:actor/:rkey/v/:version/preview': [`${data}/v/${first}/preview`],
    '/embed/d/:actor/:rkey': [`/embed${data}`],
    '/feed': ['/feed'],
    '/notifications': ['/notifications'],
    '/p/:actor': [person, `/p/${guest.account.handle}`],
    '/p/:actor/activity': [`${person}/activity`],
    '/p/:actor/collections': [`${person}/collections`],
    '/p/:actor/credit': [`${person}/credit`],
    '/p/:actor/followers': [`${person}/followers`],
    '/p/:actor/following': [`${person}/following`],
    '/people': ['/people'],
    '/publish': ['/publish'],
    '/publish/new': ['/publish/new'],
    '/scenario': ['/scenario'],
    '/search': ['/search?q=ice', '/search?q=nothing-of-the-kind'],
    '/search/help': ['/search/help'],
    '/search/map': ['/search/map'],
    '/searches': ['/searches'],
    '/settings': ['/settings'],
    '/settings/labels': ['/settings/labels'],
    '/settings/webhooks': ['/settings/webhooks'],
    '/settings/profile': ['/settings/profile'],
    '/sign-in': ['/sign-in'],
  }
}

/** Addresses at which there is no page, or what they ask cannot be answered. */
const REFUSED: Readonly<Record<string, number>> = {
  '/d/icelab.icehub.test/melt': 410,
  '/d/icelab.icehub.test/rivers': 404,
  '/nowhere': 404,
  '/d/oceanlab.icehub.test/nothing': 404,
  '/search?bbox=1,2,3': 400,
}

describe.skipIf(executable === undefined)('every page', () => {
  let world: FullWorld
  beforeAll(async () => {
    world = await fullWorld(executable!)
  }, 120_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  it('is known here: whatever route is added is looked at', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'frost-routes-'))
    const config = configFromEnv({ FROST_DATA: folder, FROST_SCENARIO_URL: 'http://127.0.0.1:1' })
    const sessions = await Sessions.open(config, new AppView(config.appviewUrl))
    try {
      const { routes } = createSite(config, { error: () => {} }, sessions)
      const pages = routes.filter(({ method }) => method === 'GET').map(({ path }) => path)
      const known = [...DOCUMENTS, ...Object.keys(pagesOf(world))]
      expect(new Set(pages)).toEqual(new Set(known))
    } finally {
      sessions?.end()
      await rm(folder, { recursive: true })
    }
  })

  datasetPageChecks(() => world)

  /** What is wrong with a page as it is shown: in both sizes, light and dark, and on the narrowest phone. */
  async function wrongWith(page: Page, path: string, who: string): Promise<string[]> {
    const { url } = world.site
    await page.setViewportSize(DESKTOP)
    const answer = await page.goto(url + path)
    if (new URL(page.url()).pathname === '/sign-in' && path !== '/sign-in') return []
    await page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
    const wrong: string[] = []
    const wanted = REFUSED[path] ?? 200
    if (answer?.status() !== wanted) wrong.push(`${who} ${path} answered ${answer?.status()}, not ${wanted}`)
    const name = `${path.replace(/\W+/g, '_')}-${who}`
    for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      await page.setViewportSize(viewport)
      wrong.push(...(await violations(page)).map(text => `${who} ${size} ${text}`))
      for (const colorScheme of pictures ? (['light', 'dark'] as const) : []) {
        await page.emulateMedia({ colorScheme })
        await page.screenshot({ path: `${pictures}/${name}-${size}-${colorScheme}.png`, fullPage: true })
      }
    }
    await page.setViewportSize({ ...PHONE, width: NARROWEST })
    const { wider, headings, titled } = await page.evaluate(() => ({
      wider: document.documentElement.scrollWidth - innerWidth,
      headings: document.querySelectorAll('h1').length,
      titled: document.title !== '',
    }))
    if (wider > 0) wrong.push(`${who} ${path} is ${wider} pixels wider than a phone of ${NARROWEST}`)
    if (headings !== 1 && !/^\/embed|\/preview$/.test(path)) wrong.push(`${who} ${path} has ${headings} h1`)
    if (!titled) wrong.push(`${who} ${path} has no title`)
    return wrong
  }

  /** Where a page of the site leads on the site itself; what it names within itself must be there. */
  async function linksOf(page: Page, path: string): Promise<{ links: string[]; wrong: string[] }> {
    const { links, lost } = await page.evaluate(() => {
      const all = [...document.querySelectorAll('a[href]')].flatMap(
        one => URL.parse(one.getAttribute('href') ?? '', document.baseURI) ?? [],
      )
      const own = all.filter(({ origin }) => origin === location.origin)
      const here = own.filter(
        ({ pathname, search, hash }) => hash && pathname + search === location.pathname + location.search,
      )
      return {
        links: own.map(({ pathname, search }) => pathname + search),
        lost: here
          .map(({ hash }) => hash.slice(1))
          .filter(id => !document.getElementById(decodeURIComponent(id))),
      }
    })
    return { links, wrong: lost.map(id => `${path} leads to #${id}, which it has not`) }
  }

  /** Which of some addresses answer that there is nothing. */
  async function deadOf(context: BrowserContext, links: Iterable<string>): Promise<string[]> {
    const left = [...links]
    const dead: string[] = []
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let link = left.shift(); link; link = left.shift()) {
          const answer = await context.request.get(world.site.url + link)
          if (answer.status() >= 400) dead.push(`${link} answers ${answer.status()}`)
        }
      }),
    )
    return dead
  }

  async function walk(context: BrowserContext, who: string): Promise<string[]> {
    if (pictures) mkdirSync(pictures, { recursive: true })
    const left = [...Object.values(pagesOf(world)).flat(), ...Object.keys(REFUSED)]
    const wrong: string[] = []
    const leadsTo = new Set<string>()
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        const page = await context.newPage()
        page.on('pageerror', error => wrong.push(`${page.url()} fails: ${error.message}`))
        for (let path = left.shift(); path; path = left.shift()) {
          wrong.push(...(await wrongWith(page, path, who)))
          if (path in REFUSED) continue
          const found = await linksOf(page, path)
          wrong.push(...found.wrong)
          for (const link of found.links) leadsTo.add(link)
        }
        await page.close()
      }),
    )
    return [...wrong, ...(await deadOf(context, leadsTo))]
  }

  it('has no violation of WCAG 2.2 AA that axe finds, fits a phone and leads nowhere in vain, for a stranger', async () => {
    expect(await walk(world.stranger, 'stranger')).toEqual([])
  }, 180_000)

  it('and for whoever is signed in', async () => {
    expect(await walk(world.member, 'member')).toEqual([])
  }, 180_000)
})
