import type { AppViewConfig } from '@frost/appview'
import { nsid } from '@frost/lexicon'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { MailServer } from '../social/mail-server.ts'
import { newAccount, putRecord, stand } from '../stand.ts'
import { startBrowser } from './site.ts'
import { signIn, siteOf, visitor } from './world-with-sign-in.ts'

type Person = Awaited<ReturnType<typeof newAccount>>
export type SocialWorld = Awaited<ReturnType<typeof socialWorld>>

/**
 * The site with a dataset of one account and a guest from another server, both signed in in browsers without script.
 * @param appview further settings of the AppView
 * @param operator who is to operate it besides, by a handle that is free
 */
export async function socialWorld(
  executable: string,
  { appview = {}, operator }: { appview?: Partial<AppViewConfig>; operator?: string } = {},
) {
  await using stack = new AsyncDisposableStack()
  const mail = stack.use(await MailServer.open())
  // Filled once the account is there: an AppView looks at it at each call.
  const operators: string[] = []
  const world = stack.use(
    await stand({ appview: { smtpUrl: mail.url, mailFrom: 'frost@example.org', operators, ...appview } }),
  )
  const warden = operator === undefined ? undefined : await newAccount(world.network, operator)
  if (warden) operators.push(warden.did)
  const site = stack.use(await siteOf(world, { env: { FROST_OPERATORS: operators.join() } }))
  const browser = await startBrowser(executable)
  stack.defer(() => browser.close())
  const owner = await newAccount(world.network, 'icelab')
  const guest = await newAccount(world.network, 'tester', 'icebucket')
  await putRecord(owner, 'actor.profile', 'self', { name: 'Ice Laboratory', kind: 'organization' })
  await putRecord(owner, 'dataset.entry', 'drift', {
    title: 'Drift of sea ice',
    description: 'Daily vectors.',
    rights: [{ spdx: 'CC-BY-4.0' }],
    creators: [{ name: 'Ada Lovelace', affiliation: [{ name: 'Ice Laboratory' }] }],
    distributions: [{ id: 'csv', uri: 'https://example.org/drift.csv', format: 'csv' }],
  })
  await world.until(
    () => world.appview.services.index.status(),
    ({ counts }) => counts[nsid('dataset.entry')] === 1,
  )
  const [ofOwner, ofGuest, ofWarden] = await Promise.all(
    [owner, guest, ...(warden ? [warden] : [])].map(person => inBrowser(browser, site.url, person)),
  )
  const disposal = stack.move()
  return {
    mail,
    world,
    site,
    browser,
    owner,
    guest,
    ofOwner: ofOwner!,
    ofGuest: ofGuest!,
    warden,
    ofWarden,
    dataset: `/d/${owner.account.handle}/drift`,
    async open(context: BrowserContext, path: string): Promise<Page> {
      const page = await context.newPage()
      await page.goto(site.url + path)
      return page
    },
    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  }
}

/** Signs in with script, as the server of the account wants it, and takes the cookies over into a browser without. */
async function inBrowser(browser: Browser, siteUrl: string, { account }: Person): Promise<BrowserContext> {
  const context = await visitor(browser, { script: false })
  await using scripted = await visitor(browser)
  await signIn(await scripted.newPage(), siteUrl, account)
  await context.addCookies(await scripted.cookies(siteUrl))
  return context
}

export const main = async (page: Page) => (await page.locator('main').textContent()) ?? ''
