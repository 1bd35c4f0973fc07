import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Stand } from '../stand.ts'
import { startSite } from './site.ts'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8')

/** The site in front of a network in a box, told of its first PDS only. */
export function siteOf(
  world: Stand,
  { gatewayUrl, env = {} }: { gatewayUrl?: string; env?: Record<string, string> } = {},
): ReturnType<typeof startSite> {
  const { url, name } = world.network.pds()
  return startSite(world.appview.url, gatewayUrl, {
    FROST_PLC_URL: world.network.plcUrl,
    FROST_PDS_PORT: new URL(url).port,
    FROST_PROVIDERS: `${name}=${url}`,
    ...env,
  })
}

export function visitor(
  browser: Browser,
  options: { script?: boolean; width?: number } = {},
): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width: options.width ?? 1280, height: 900 },
    javaScriptEnabled: options.script ?? true,
  })
}

/** Does at the account's own server what it asks for, and comes back. */
export async function approve(page: Page, password: string): Promise<void> {
  await page.locator('input[type=password]').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Authorize' }).click()
}

/** Signs in from the sign-in page, wherever the account lives. */
export async function signIn(
  page: Page,
  siteUrl: string,
  account: { readonly handle: string; readonly password: string },
  returnTo = '/account',
): Promise<void> {
  await page.goto(`${siteUrl}/sign-in?return_to=${encodeURIComponent(returnTo)}`)
  await page.getByLabel('Handle, DID or address of your server').fill(account.handle)
  await page.getByRole('button', { name: 'Go on to your server' }).click()
  await approve(page, account.password)
  await page.waitForURL(`${siteUrl}${returnTo}`)
}

/** Rules that colours alone decide. */
const OF_COLOUR = ['color-contrast', 'link-in-text-block']

/** Violations of WCAG 2.2 AA and of good practice that axe finds, in light and dark: the schemes differ in colours alone. */
export async function violations(
  page: Page,
  schemes: readonly ('light' | 'dark')[] = ['light', 'dark'],
): Promise<string[]> {
  const found: string[] = []
  await page.evaluate(axe)
  for (const [place, colorScheme] of schemes.entries()) {
    await page.emulateMedia({ colorScheme })
    const here = await page.evaluate(
      async ofColour => {
        const { axe } = window as unknown as { axe: typeof import('axe-core') }
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
        const runOnly = ofColour ? { type: 'rule' as const, values: ofColour } : tags
        const { violations } = await axe.run(document, { runOnly, resultTypes: ['violations'] })
        return violations.map(
          ({ id, nodes }) =>
            `${id}: ${nodes
              .map(({ html }) => html)
              .join(' ')
              .slice(0, 300)}`,
        )
      },
      place > 0 && OF_COLOUR,
    )
    found.push(...here.map(text => `${colorScheme} ${page.url()} ${text}`))
  }
  return found
}
