import { nsid, validateRecord } from '@frost/lexicon'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'
import {
  hostileKey,
  hostileRecord,
  hostileShapes,
  KINDS,
  PAYLOADS,
  type Payload,
  type Place,
  TRAP,
} from './hostile-records.ts'
import { chromiumPath, startBrowser } from './site.ts'
import { signIn, siteOf, visitor } from './world-with-sign-in.ts'

type Person = Awaited<ReturnType<typeof newAccount>>
interface Write {
  readonly kind: string
  readonly rkey: string
  readonly value: Record<string, unknown>
}
type Pin = { readonly uri: string; readonly cid: string }

/** What an application/json body of the reference server may hold, with room for what stands around the records. */
const MOST_IN_ONE_CALL = 140_000
const executable = chromiumPath()

/** Writes all in as few commits as the server takes; answers what pins each, in the order of `writes`. */
async function writeAll({ agent, did }: Person, writes: readonly Write[]): Promise<Pin[]> {
  const pins: Pin[] = []
  let batch: object[] = []
  let size = 0
  const flush = async () => {
    if (!batch.length) return
    const { data } = await agent.com.atproto.repo.applyWrites({
      repo: did,
      writes: batch as never,
      validate: false,
    })
    pins.push(...(data.results as Pin[]).map(({ uri, cid }) => ({ uri, cid })))
    batch = []
    size = 0
  }
  for (const { kind, rkey, value } of writes) {
    const bytes = Buffer.byteLength(JSON.stringify(value))
    if (size + bytes > MOST_IN_ONE_CALL || batch.length === 100) await flush()
    batch.push({ $type: 'com.atproto.repo.applyWrites#create', collection: nsid(kind), rkey, value })
    size += bytes
  }
  await flush()
  return pins
}

describe.skipIf(executable === undefined)('records of somebody who means harm', () => {
  let world: Stand
  let site: Awaited<ReturnType<typeof siteOf>>
  let browser: Browser
  let mallory: Person
  let ada: Person
  let written: Write[]
  let pins: Pin[]
  let ofAda: BrowserContext
  let ofMallory: BrowserContext

  beforeAll(async () => {
    const operators: string[] = []
    world = await stand({ appview: { operators } })
    // Read as Unicode, the handle would be that of NASA in Cyrillic and Greek letters.
    ;[mallory, ada] = await Promise.all([
      newAccount(world.network, 'xn--80ak6aa92e'),
      newAccount(world.network, 'ada', 'icebucket'),
    ])
    operators.push(ada.did)
    const env = { FROST_OPERATORS: ada.did }
    ;[site, browser] = await Promise.all([siteOf(world, { env }), startBrowser(executable!)])
    // They sign in while the corpus is written.
    const signedIn = Promise.all([mallory, ada].map(inBrowser))
    const hers = await putRecord(ada, 'dataset.entry', 'target', { title: 'A dataset that others write at' })
    await putRecord(ada, 'graph.follow', 'mallory', {
      subject: { $type: `${nsid('defs')}#actorSubject`, did: mallory.did },
    })
    const at = (records: Place['records']): Place => ({ did: mallory.did, records })
    const write = (kind: string, payload: Payload, place: Place): Write => ({
      kind,
      rkey: hostileKey(kind, payload),
      value: hostileRecord(kind, payload, place),
    })
    const [first] = PAYLOADS as [Payload]
    const base = ['dataset.entry', 'dataset.collection', 'discussion.issue']
    const bases = base.map(kind => write(kind, first, at({ 'dataset.entry': hers })))
    const own = Object.fromEntries((await writeAll(mallory, bases)).map((pin, at) => [base[at]!, pin]))
    const shapes = Object.entries(hostileShapes(mallory.did)).map(
      ([rkey, value]): Write => ({ kind: 'dataset.entry', rkey, value }),
    )
    const entries = PAYLOADS.slice(1).map(payload => write('dataset.entry', payload, at(own)))
    const worst = ['script', 'attribute', 'data-address', 'right-to-left', 'long-word', 'deep-markdown']
    const others = KINDS.filter(kind => !base.includes(kind) && kind !== 'actor.profile').flatMap(kind =>
      PAYLOADS.filter(({ name }) => worst.includes(name)).map(payload =>
        // People talk at the datasets of others; what an owner alone may say is said of the own.
        write(
          kind,
          payload,
          at(/^discussion|offer|mirror/.test(kind) ? { ...own, 'dataset.entry': hers } : own),
        ),
      ),
    )
    const profile = write('actor.profile', first, at(own))
    const rest = [profile, ...shapes, ...entries, ...others]
    pins = [...Object.values(own), ...(await writeAll(mallory, rest))]
    written = [...bases, ...rest]
    const { index } = world.appview.services
    const [reported] = pins as [Pin]
    for (const { text } of PAYLOADS)
      await index.moderation.report({
        subject: reported.uri,
        cid: reported.cid,
        reason_type: text.slice(0, 100),
        reason: text.slice(0, 2_000),
        reporter: mallory.did,
      })
    const shown = written.filter(({ kind, value }) => kind === 'dataset.entry' && isValid(value))
    await world.until(
      () => index.status(),
      ({ counts, seq, searchSeq }) => counts[nsid('dataset.entry')] === shown.length + 1 && searchSeq === seq,
    )
    ;[ofMallory, ofAda] = (await signedIn) as [BrowserContext, BrowserContext]
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
    await world?.[Symbol.asyncDispose]()
  })

  async function inBrowser({ account }: Person): Promise<BrowserContext> {
    const context = await visitor(browser, { width: 390 })
    const page = await context.newPage()
    await signIn(page, site.url, account)
    await page.close()
    return context
  }

  const isValid = (value: Record<string, unknown>) => validateRecord(String(value.$type), value).ok
  const nameOf = ({ account }: Person) => account.handle

  /** Every page on which what was written is shown. */
  function pages(): { signedOut: string[]; ofAda: string[]; ofMallory: string[] } {
    const her = `/d/${nameOf(mallory)}`
    const target = `/d/${nameOf(ada)}/target`
    const keysOf = (kind: string) =>
      written.flatMap(({ kind: one, rkey }, at) => (one === kind ? [[rkey, pins[at]!.uri] as const] : []))
    const entries = keysOf('dataset.entry').map(([rkey]) => `${her}/${encodeURIComponent(rkey)}`)
    const [script, longWord] = ['script', 'long-word'].map(name => `${her}/${name}`)
    const versions = keysOf('dataset.version').map(([rkey]) => rkey)
    const below = (kind: string) =>
      keysOf(kind).map(([rkey]) => `${target}/${kind.split('.')[1]}s/${mallory.did}/${rkey}`)
    return {
      signedOut: [
        '/',
        '/search',
        '/search?q=script',
        '/people',
        `/p/${nameOf(mallory)}`,
        ...['activity', 'credit', 'collections', 'following', 'followers'].map(
          tab => `/p/${nameOf(mallory)}/${tab}`,
        ),
        ...entries,
        ...[script, longWord, `${her}/circle`, `${her}/many-variables`].map(path => `${path}/lineage`),
        ...['right-to-left', 'nowhere', 'many-copies'].map(key => `${her}/${key}/preview`),
        ...[script, longWord].map(path => `/embed${path}`),
        ...versions.map(rkey => `${script}/v/${rkey}`),
        `${script}/diff?from=${versions[0]}&to=${versions[1]}`,
        target,
        ...['citations', 'discussion', 'issues', 'corrections', 'lineage'].map(tab => `${target}/${tab}`),
        `${script}/citations`,
        ...below('discussion.issue'),
        ...below('discussion.correction'),
        ...keysOf('dataset.collection').map(([rkey]) => `/c/${nameOf(mallory)}/${rkey}`),
      ],
      ofAda: [
        '/feed',
        '/notifications',
        '/searches',
        target,
        `${target}/discussion`,
        `${script}/corrections/new`,
        '/admin',
        '/admin/reports',
        '/admin/takedowns',
      ],
      ofMallory: [
        '/account',
        script!,
        `${script}/edit`,
        `${longWord}/edit`,
        `${her}/huge-unions/edit`,
        `${script}/collect`,
        ...keysOf('dataset.collection').map(([rkey]) => `/c/${nameOf(mallory)}/${rkey}/edit`),
      ],
    }
  }

  /** Reads pages one after another in one tab; answers what went wrong. */
  async function readIn(page: Page, left: string[]): Promise<string[]> {
    const wrong: string[] = []
    let path = ''
    const say = (text: string) => void wrong.push(`${path}: ${text.slice(0, 300)}`)
    page.on('dialog', dialog => {
      say(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('pageerror', error => say(`an error: ${error.message}`))
    page.on('console', message => {
      const { url } = message.location()
      // A picture that a record names and that cannot be had is missing, and the page is whole without.
      const isPicture = url.startsWith(`${site.url}/thumbnail/`)
      if (message.type() === 'error' && !isPicture) say(`the console: ${message.text()} ${url}`)
    })
    page.on('request', request => {
      if (!request.url().startsWith(site.url) && !request.url().startsWith('data:image'))
        say(`asked ${request.url()}`)
    })
    for (path = left.shift() ?? ''; path; path = left.shift() ?? '') await look(page, path, say)
    return wrong
  }

  async function look(page: Page, path: string, say: (text: string) => void): Promise<void> {
    const answer = await page.goto(site.url + path)
    if (!answer || answer.status() >= 400) say(`answered ${answer?.status()}`)
    const seen = await page.evaluate(trap => {
      // What is inside a frame of its own is asked there, by its own page.
      const elements = [...document.querySelectorAll('*')]
      return {
        ran: trap in window,
        handlers: elements.flatMap(one => one.getAttributeNames().filter(name => name.startsWith('on'))),
        addresses: elements
          .flatMap(one =>
            ['href', 'src', 'action', 'formaction', 'xlink:href'].map(name => one.getAttribute(name)),
          )
          .filter(address => address !== null)
          // Where the browser would go, with all that it takes out first.
          .filter(address =>
            /^(?:javascript|vbscript|data:text|blob|file)/i.test(
              URL.parse(address, document.baseURI)?.protocol ?? '',
            ),
          ),
        wider: document.documentElement.scrollWidth - innerWidth,
        headings: document.querySelectorAll('h1').length,
      }
    }, TRAP)
    if (seen.ran) say('a script of a record ran')
    if (seen.handlers.length) say(`has handlers: ${seen.handlers}`)
    if (seen.addresses.length) say(`leads to ${seen.addresses}`)
    if (seen.wider > 0) say(`is ${seen.wider} pixels wider than a phone`)
    if (seen.headings !== 1 && !/\/preview|^\/embed/.test(path)) say(`has ${seen.headings} first headings`)
  }

  /** Reads pages four at a time. */
  async function read(context: BrowserContext, paths: readonly string[]): Promise<string[]> {
    const left = [...new Set(paths)]
    const tabs = await Promise.all(Array.from({ length: Math.min(4, left.length) }, () => context.newPage()))
    const wrong = await Promise.all(tabs.map(page => readIn(page, left)))
    await Promise.all(tabs.map(page => page.close()))
    return wrong.flat()
  }

  it('is a hundred and more, of every kind, which the lexicons allow', () => {
    expect(written.length).toBeGreaterThan(100)
    expect(new Set(written.map(({ kind }) => kind))).toEqual(new Set(KINDS))
    const refused = written.filter(({ value }) => !isValid(value))
    expect(refused.map(({ kind, rkey }) => `${kind} ${rkey}`)).toEqual([])
  })

  it('runs nothing, asks nobody and breaks no page for whoever reads it', async () => {
    expect(await read(await visitor(browser, { width: 390 }), pages().signedOut)).toEqual([])
  }, 120_000)

  it('runs nothing for whoever is signed in', async () => {
    const wrong = await Promise.all([read(ofAda, pages().ofAda), read(ofMallory, pages().ofMallory)])
    expect(wrong).toEqual([[], []])
  }, 60_000)
})
