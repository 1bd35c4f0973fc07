/** `frost network up --scenario icehub`: the demonstration, driven by its page as anybody drives it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, startBrowser } from '../site/site.ts'
import { askXrpc } from '../stand.ts'

const bin = fileURLToPath(new URL('../../apps/cli/bin/frost.js', import.meta.url))
const axe = createRequire(import.meta.url).resolve('axe-core')
const chromium = chromiumPath()
/** Of a button's work, on a busy machine, in milliseconds. */
const PATIENCE = 120_000

interface Ready {
  readonly event: string
  readonly url: string
  readonly icehub: string
  readonly icebucket: string
}

describe.skipIf(!chromium)('the scenario of IceHub and IceBucket', { timeout: 200_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'frost-scenario-'))
  let up: ChildProcess
  let ready: Ready
  let browser: Browser
  let page: Page
  let complaints = ''

  beforeAll(async () => {
    const ports = ['PORT', 'APPVIEW_PORT', 'GATEWAY_PORT', 'PLC_PORT', 'RELAY_PORT', 'PDS_PORT', 'STORE_PORT']
    up = spawn(process.execPath, [bin, 'network', 'up', '--scenario', 'icehub', '--json'], {
      env: {
        ...process.env,
        // A person's own settings have no part in it.
        FROST_DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
        FROST_UPSTREAMS: 'http://localhost:9',
        FROST_DATA: folder,
        FROST_CONFIG: join(folder, 'config'),
        ...Object.fromEntries(ports.map(name => [`FROST_${name}`, '0'])),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    up.stderr!.on('data', chunk => {
      complaints += chunk
    })
    ready = await new Promise((resolve, reject) => {
      createInterface({ input: up.stdout! }).on('line', line => {
        const event = JSON.parse(line) as Ready
        if (event.event === 'ready') resolve(event)
      })
      up.once('exit', status => reject(new Error(`it ended with ${status}: ${complaints}`)))
    })
    browser = await startBrowser(chromium!)
    page = await (await browser.newContext({ bypassCSP: true })).newPage()
    page.setDefaultTimeout(PATIENCE)
    await page.goto(ready.url)
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    if (up && up.exitCode === null) {
      up.kill('SIGKILL')
      await once(up, 'exit')
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  const figures = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('.counts tbody tr')].map(row => ({
        what: row.querySelector('th')!.textContent,
        counts: [...row.querySelectorAll('td')].map(cell => cell.textContent),
      })),
    )
  const addressOf = (name: string) =>
    page
      .locator('.platform', { hasText: name })
      .getByText(/^http:\/\/localhost:\d+$/)
      .nth(1)
      .textContent()
  const press = (name: string) => page.getByRole('button', { name }).click()
  const told = (text: RegExp) => page.locator('.happenings li', { hasText: text }).last().waitFor()

  it('begins with two platforms that say the same, and NASA recomputes within seconds of NOAA’s release', async () => {
    for (const { what, counts } of await figures()) expect([what, counts[1]]).toEqual([what, counts[0]])
    expect((await fetch(ready.icehub)).status).toBe(200)
    await press('Let NOAA release')
    await told(/NASA recomputed GISTEMP and released it from IceHub/)
    const seconds = await page.locator('.happenings li b').last().textContent()
    expect(Number.parseFloat(seconds!)).toBeLessThan(30)
    expect(await page.locator('.scenario').textContent()).toContain('has heard of 1 release')
  })

  it('goes on without IceHub: every figure stands, and what is NASA’s is marked as archived', async () => {
    const appview = (await addressOf('IceBucket'))!
    await press('Kill IceHub for good')
    await page.getByRole('button', { name: 'Recover NASA’s accounts' }).waitFor()
    await page.locator('.counts th', { hasText: 'IceHub is gone' }).waitFor()
    for (const { what, counts } of await figures())
      expect([what, ...counts]).toEqual([what, ...counts.map(() => counts[0])])
    expect((await figures()).find(({ what }) => what === 'versions')?.counts[0]).not.toBe('0')
    await expect(fetch(ready.icehub)).rejects.toThrow()
    const dataset = new URL(
      (await page.getByRole('link', { name: 'NASA’s GISTEMP there' }).getAttribute('href'))!,
    )
    expect(await (await fetch(dataset)).text()).toContain('<b>Archived.</b>')
    const { entries } = await askXrpc<{ entries: { author: { archived?: object } }[] }>(
      appview,
      'dataset.searchEntries',
      { q: 'GISTEMP' },
    )
    expect(entries[0]!.author.archived).toBeDefined()
  })

  it('brings NASA back under the same DIDs with new handles, whole, and its work goes on', async () => {
    const appview = (await addressOf('IceBucket'))!
    await press('Recover NASA’s accounts')
    await page.locator('.counts th', { hasText: 'NASA is back' }).waitFor()
    for (const { what, counts } of await figures())
      expect([what, ...counts]).toEqual([what, ...counts.map(() => counts[0])])
    const handles = await page.locator('tbody td:nth-child(4)').allTextContents()
    for (const handle of handles.slice(0, 2)) expect(handle).toMatch(/^@nasa-.*\.icebucket\.test$/)
    await press('Let NOAA release again')
    await told(/released it from IceBucket, under the same DID/)
    const text = await page.locator('.scenario').textContent()
    expect(text).toContain('has heard of 2 releases')
    const { entries } = await askXrpc<{
      entries: { author: { archived?: object }; latestVersion: { version: string } }[]
    }>(appview, 'dataset.searchEntries', { q: 'GISTEMP' })
    expect(entries[0]).toMatchObject({ latestVersion: { version: 'scenario-2' } })
    expect(entries[0]!.author.archived).toBeUndefined()
  })

  it.each(['light', 'dark'] as const)(
    'has no violation of WCAG 2.2 AA that axe finds, in %s',
    async scheme => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 800 })
        await page.goto(ready.url)
        await page.addScriptTag({ path: axe })
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as { axe: typeof import('axe-core') }
          const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
          const result = await axe.run(document, { runOnly: tags })
          return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
        })
        expect(violations).toEqual([])
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(overflow).toBeLessThanOrEqual(0)
      }
    },
  )

  it('needs no script, takes no orders from other sites, and ends when it is told', async () => {
    const post = (act: string, headers: Record<string, string>) =>
      fetch(`${ready.url}/${act}`, { method: 'POST', headers, redirect: 'manual' })
    expect((await post('release', { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await post('nothing', { 'sec-fetch-site': 'same-origin' })).status).toBe(404)
    expect((await post('kill', { 'sec-fetch-site': 'same-origin' })).status).toBe(303)
    // There is nothing left to kill.
    expect(await (await fetch(ready.url)).text()).toContain('NASA’s people')
    up.kill('SIGTERM')
    const [status] = await once(up, 'exit')
    expect(status).toBe(0)
    await expect(fetch(ready.icebucket)).rejects.toThrow()
  })
})
