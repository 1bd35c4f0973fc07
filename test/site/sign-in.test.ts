import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../free-port.ts'
import { type Stand, stand } from '../stand.ts'
import { chromiumPath, startBrowser } from './site.ts'
import { approve, signIn, siteOf, violations, visitor } from './world-with-sign-in.ts'

const executable = chromiumPath()

describe.skipIf(executable === undefined)('signing in', () => {
  let world: Stand
  let site: Awaited<ReturnType<typeof siteOf>>
  let browser: Browser
  let folder: string
  let port: number
  const start = () => siteOf(world, { env: { FROST_DATA: folder, FROST_PORT: String(port) } })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'frost-sign-in-'))
    port = await freePort()
    world = await stand()
    site = await start()
    browser = await startBrowser(executable!)
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
    await world?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it('takes an account of a server that nobody told the site of, keeps it over a restart, and ends it when it is revoked', async () => {
    const pds = await world.network.addPds({ domain: 'polar.test' })
    const account = await pds.createAccount({ handle: 'amundsen' })
    await using context = await visitor(browser, { script: true })
    const page = await context.newPage()
    await page.goto(`${site.url}/people`)
    await page.getByRole('link', { name: 'Sign in' }).click()
    expect(new URL(page.url()).searchParams.get('return_to')).toBe('/people')
    expect(await violations(page)).toEqual([])
    await signIn(page, site.url, account)
    expect(await page.locator('main').textContent()).toContain(account.did)
    expect(await violations(page)).toEqual([])

    const cookies = await context.cookies(site.url)
    expect(cookies).toHaveLength(1)
    expect(cookies[0]).toMatchObject({ name: `frost-${port}`, httpOnly: true, sameSite: 'Lax' })

    await site[Symbol.asyncDispose]()
    site = await start()
    await page.reload()
    expect(await page.getByRole('heading', { name: account.handle }).count()).toBe(1)

    // A second browser is signed out from the first; the first stays.
    await using other = await visitor(browser)
    const there = await other.newPage()
    await signIn(there, site.url, account)
    await page.reload()
    await page
      .locator('.rows li', { hasNotText: 'this browser' })
      .getByRole('button', { name: /Sign out/ })
      .click()
    expect(await page.locator('.rows li').count()).toBe(1)
    await there.goto(`${site.url}/account`)
    expect(there.url()).toContain('/sign-in')

    await page.locator('details.account summary').click()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.goto(`${site.url}/account`)
    expect(page.url()).toContain('/sign-in')
  }, 90_000)

  it('makes an account in the browser and uses it at once', async () => {
    await using context = await visitor(browser)
    const page = await context.newPage()
    await page.goto(`${site.url}/sign-in?return_to=/account`)
    await page.getByRole('button', { name: 'Make an account' }).click()
    await page.locator('input[name=handle]').fill('nansen')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.locator('input[name=email]').waitFor()
    await page.locator('input[name=email]').fill('nansen@example.org')
    await page.locator('input[type=password]').fill('fram-over-polhavet')
    await page.getByRole('button', { name: 'Sign up' }).click()
    await page.getByRole('button', { name: 'Authorize' }).click()
    await page.waitForURL(`${site.url}/account`)
    expect(await page.getByRole('heading', { name: 'nansen.icehub.test' }).count()).toBe(1)
  })

  it('does nothing that a page of another site asks for, and never leads elsewhere', async () => {
    const account = await world.network.createAccount({ handle: 'ross-s' })
    await using context = await visitor(browser)
    const page = await context.newPage()
    await signIn(page, site.url, account)
    const [cookie] = await context.cookies(site.url)
    const send = (path: string, headers: Record<string, string>, body = '') =>
      fetch(site.url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          cookie: `${cookie!.name}=${cookie!.value}`,
          'content-type': 'application/x-www-form-urlencoded',
          ...headers,
        },
        body,
      })
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', origin: site.url },
      { 'sec-fetch-site': 'same-site', origin: site.url },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      {},
    ] as Record<string, string>[]) {
      for (const path of ['/sign-out', '/account/sessions', '/publish/new'])
        expect((await send(path, headers, 'id=all')).status).toBe(403)
    }
    await page.reload()
    expect(await page.getByRole('heading', { name: account.handle }).count()).toBe(1)

    for (const elsewhere of [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '/%09/evil.example',
      'javascript:alert(1)',
    ]) {
      const answer = await fetch(`${site.url}/sign-in?return_to=${encodeURIComponent(elsewhere)}`, {
        redirect: 'manual',
        headers: { cookie: `${cookie!.name}=${cookie!.value}` },
      })
      const to = new URL(answer.headers.get('location')!, site.url)
      expect(to.origin).toBe(site.url)
    }
  })

  it('leaves personal pages in no browser, and takes no form that is broken or endless', async () => {
    const account = await world.network.createAccount({ handle: 'weddell-s' })
    await using context = await visitor(browser)
    const page = await context.newPage()
    await signIn(page, site.url, account)
    const cookie = (await context.cookies(site.url)).map(({ name, value }) => `${name}=${value}`).join('; ')
    for (const path of ['/account', '/feed', '/notifications', '/settings', '/searches', '/publish']) {
      const answer = await fetch(site.url + path, { headers: { cookie } })
      expect(`${path} ${answer.status} ${answer.headers.get('cache-control')}`).toMatch(/ 200 .*no-store/)
    }
    const send = (path: string, body: string, type = 'application/x-www-form-urlencoded', more = {}) =>
      fetch(site.url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie, origin: site.url, 'content-type': type, ...more },
        body,
      })
    for (const path of ['/sign-in', '/follow', '/publish/new', '/settings', '/search/area']) {
      const broken = await send(path, 'x', 'multipart/form-data; boundary=y')
      expect(broken.status).toBe(400)
      expect(await broken.text()).toContain('did not arrive whole')
      expect((await send(path, 'x'.repeat(9_000_001))).status).toBeOneOf([400, 413])
    }
    expect((await send('/follow', 'x'.repeat(9_000_001))).status).toBe(413)

    // A form of a session that is over leads back to its page: the address that it was sent to has none.
    const ended = await send('/searches', 'query=q%3Dice', undefined, {
      cookie: '',
      referer: `${site.url}/search?q=ice`,
    })
    const to = new URL(ended.headers.get('location')!, site.url)
    expect(to.searchParams.get('return_to')).toBe('/search?q=ice')
  })

  it('signs nobody in by a link that somebody else began, or that was used', async () => {
    const account = await world.network.createAccount({ handle: 'mallory-s' })
    await using mallory = await visitor(browser)
    const page = await mallory.newPage()
    let callback = ''
    // What leads back to the site is kept, and not followed.
    await page.route('**/oauth/authorize/redirect?**', route => {
      const { searchParams } = new URL(route.request().url())
      const target = new URL(searchParams.get('redirect_uri')!)
      for (const name of ['state', 'iss', 'code']) target.searchParams.set(name, searchParams.get(name)!)
      callback = target.href
      return route.fulfill({ body: 'kept' })
    })
    await page.goto(`${site.url}/sign-in`)
    await page.getByLabel('Handle, DID or address of your server').fill(account.did)
    await page.getByRole('button', { name: 'Go on to your server' }).click()
    await approve(page, account.password)
    await page.getByText('kept').waitFor()
    await using victim = await visitor(browser, { script: false })
    const there = await victim.newPage()
    await there.goto(callback)
    expect(await there.getByRole('alert').textContent()).toContain('another browser')
    expect(await victim.cookies(site.url)).toEqual([])
    await page.goto(callback)
    expect(await page.locator('details.account').count()).toBe(1)
    await page.goto(callback)
    expect(await page.getByRole('alert').textContent()).toContain('is over')
  })

  it.each([
    ['nobody.icehub.test', /'nobody.icehub.test' .*not found|leads to no account/],
    ['not a handle', /is no account: give a handle/],
    ['ftp://example.org', /is no account|is no server/],
    ['http://10.0.0.1', /is no server to sign in at/],
    ['<script>alert(1)</script>', /is no account/],
  ])('says what is wrong with %s, and keeps it in the form', async (typed, words) => {
    await using context = await visitor(browser, { script: false, width: 390 })
    const page = await context.newPage()
    await page.goto(`${site.url}/sign-in`)
    await page.getByLabel('Handle, DID or address of your server').fill(typed)
    await page.getByRole('button', { name: 'Go on to your server' }).click()
    expect(await page.getByRole('alert').textContent()).toMatch(words)
    expect(await page.getByLabel('Handle, DID or address of your server').inputValue()).toBe(typed)
  })

  it('with a public address is a client that proves itself by its key, and asks no server of its own network', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const asked: string[] = []
    await using inner = await listener(socket => asked.push(String(socket.remotePort)))
    await using there = await siteOf(world, {
      env: {
        FROST_PUBLIC_URL: 'https://frost.example',
        FROST_OAUTH_KEY: JSON.stringify(privateKey.export({ format: 'jwk' })),
        FROST_COOKIE_SECRET: 'x'.repeat(32),
      },
    })
    const metadata = await (await fetch(`${there.url}/oauth/client-metadata.json`)).json()
    expect(metadata).toMatchObject({
      client_id: 'https://frost.example/oauth/client-metadata.json',
      redirect_uris: ['https://frost.example/oauth/callback'],
      jwks_uri: 'https://frost.example/oauth/jwks.json',
      token_endpoint_auth_method: 'private_key_jwt',
      dpop_bound_access_tokens: true,
    })
    const { keys } = (await (await fetch(`${there.url}/oauth/jwks.json`)).json()) as { keys: object[] }
    expect(keys).toHaveLength(1)
    expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', kid: expect.any(String) })
    expect(keys[0]).not.toHaveProperty('d')
    for (const account of [
      `https://127.0.0.1:${inner.port}`,
      `https://localhost:${inner.port}`,
      `did:web:localhost%3A${inner.port}`,
      `http://localhost:${inner.port}`,
    ]) {
      const answer = await fetch(`${there.url}/sign-in`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams({ typed: account }),
      })
      expect(answer.status).toBe(400)
      expect(await answer.text()).toContain('role="alert"')
    }
    expect(asked).toEqual([])
  })
})

async function listener(onConnection: (socket: Socket) => void): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer(socket => {
    onConnection(socket)
    socket.destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise(resolve => server.close(() => resolve())),
  }
}
