/**
 * The pictures of the documentation, taken of a site that runs with the first content: `npm start` in one terminal,
 * `node scripts/screenshots.ts PASSWORD` in another, with the password that the start message says, for the pages of somebody
 * who is signed in. `FROST_SITE` names another site than the default. Of a scenario that runs (`npx frost network up --scenario
 * icehub --run`) only its own page is taken.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium } from 'playwright-core'

const site = process.env.FROST_SITE ?? 'http://127.0.0.1:4180'
const account = process.env.FROST_ACCOUNT ?? 'demo-ada.icehub.test'
const [password] = process.argv.slice(2)
const folder = fileURLToPath(new URL('../docs/images/', import.meta.url))
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
)
if (!executablePath) throw new Error('Chromium is not installed here')

interface Picture {
  readonly name: string
  readonly path: string
  readonly size: { readonly width: number; readonly height: number }
  readonly isDark?: boolean
  /** What must be there before the picture is taken, beside the page itself. */
  readonly shows?: string
  readonly isOfAccount?: boolean
}

const desktop = { width: 1280, height: 800 }
const tall = { width: 1280, height: 1100 }
const phone = { width: 390, height: 780 }
const dataset = '/d/vega.icebucket.test/airports'
const results = '/search?q=sea+surface+temperature'
const SCENARIO: readonly Picture[] = [
  { name: 'scenario', path: '/scenario', size: { width: 1280, height: 1560 } },
]
const PICTURES: readonly Picture[] = [
  { name: 'home', path: '/', size: desktop },
  { name: 'home-dark', path: '/', size: desktop, isDark: true },
  { name: 'search', path: results, size: tall },
  { name: 'search-dark', path: results, size: tall, isDark: true },
  { name: 'phone', path: results, size: phone },
  { name: 'dataset', path: dataset, size: tall, shows: '.preview-place :is(svg, canvas, img, table)' },
  {
    name: 'dataset-dark',
    path: dataset,
    size: tall,
    isDark: true,
    shows: '.preview-place :is(svg, canvas, img, table)',
  },
  { name: 'publish', path: '/publish', size: desktop, isOfAccount: true },
]

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--font-render-hinting=none'],
})
const stranger = await browser.newContext({ reducedMotion: 'reduce' })
const member = password ? await signedIn(password) : undefined
const hasScenario = (await fetch(`${site}/scenario`)).ok
for (const picture of hasScenario ? SCENARIO : PICTURES) {
  const context = picture.isOfAccount ? member : stranger
  if (!context) console.warn(`${picture.name}: needs the password of ${account}`)
  else await take(context, picture)
}
await browser.close()

async function signedIn(password: string): Promise<BrowserContext> {
  const context = await browser.newContext({ reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(`${site}/sign-in?return_to=/account`)
  await page.getByLabel('Handle, DID or address of your server').fill(account)
  await page.getByRole('button', { name: 'Go on to your server' }).click()
  await page.locator('input[type=password]').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.waitForURL(`${site}/account`)
  await page.close()
  return context
}

async function take(context: BrowserContext, { name, path, size, isDark, shows }: Picture): Promise<void> {
  const page = await context.newPage()
  await page.setViewportSize(size)
  await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' })
  const answer = await page.goto(site + path, { waitUntil: 'networkidle' })
  if (!answer?.ok()) throw new Error(`${site}${path} answered ${answer?.status()}: start it with 'npm start'`)
  if (shows) await page.locator(shows).first().waitFor()
  await page.evaluate(() => document.fonts.ready)
  // Of the same look, WebP takes a third of the room of PNG.
  const session = await context.newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 })
  writeFileSync(`${folder}${name}.webp`, Buffer.from(data, 'base64'))
  await page.close()
}
