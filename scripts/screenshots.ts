/**
 * The pictures of the documentation, taken of a site that runs with the first content: `npm start` in one terminal,
 * `node scripts/screenshots.ts` in another. `FROST_SITE` names another site than the default.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const site = process.env.FROST_SITE ?? 'http://127.0.0.1:4180'
const folder = fileURLToPath(new URL('../docs/images/', import.meta.url))
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
)
if (!executablePath) throw new Error('Chromium is not installed here')

const desktop = { width: 1280, height: 800 }
const phone = { width: 390, height: 780 }
const pictures = [
  { name: 'home', path: '/', viewport: desktop },
  { name: 'search', path: '/search?q=sea+surface+temperature', viewport: desktop },
  { name: 'dataset', path: '/d/noaa.icebucket.test/oisst', viewport: desktop },
  { name: 'phone', path: '/search?q=sea+surface+temperature', viewport: phone },
] as const

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
for (const { name, path, viewport } of pictures) {
  const page = await browser.newPage({ viewport, colorScheme: 'light' })
  const answer = await page.goto(site + path)
  if (!answer?.ok()) throw new Error(`${site}${path} answered ${answer?.status()}: start it with 'npm start'`)
  await page.screenshot({ path: `${folder}${name}.png` })
  await page.close()
}
await browser.close()
