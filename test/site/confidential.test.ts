/** A site with a public address, which proves itself by its key, at a PDS with one: stock PDS software, both seen by their https names. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nsid } from '@frost/lexicon'
import { createAccount } from '@frost/network/accounts'
import { startPds } from '@frost/network/pds'
import { call } from '@frost/network/xrpc-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Stand, stand } from '../stand.ts'
import { show } from './public-names.mjs'
import { chromiumPath, startBrowser } from './site.ts'
import { tlsProxy } from './tls-proxy.ts'
import { approve, siteOf, visitor } from './world-with-sign-in.ts'

const executable = chromiumPath()
const SITE = 'https://site.frost.science'
const HOME = 'https://polar.frost.science'
const DIRECTORY = 'https://plc.frost.science'

describe.skipIf(executable === undefined)('a site with a public address', () => {
  let world: Stand
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'frost-confidential-'))
    world = await stand()
  }, 60_000)
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it('signs people in at servers that check its key, writes for them, and is revoked', async () => {
    const { network } = world
    const pds = await startPds({
      name: 'polar',
      domain: 'polar.test',
      dataDir: folder,
      plcUrl: network.plcUrl,
      handles: network.handles,
      mails: network.mails,
      publicName: new URL(HOME).host,
    })
    await using _ = { [Symbol.asyncDispose]: () => pds.stop(0) }
    const account = await createAccount(pds, 'polar.test', { handle: 'amundsen' })
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await using site = await siteOf(world, {
      env: {
        NODE_OPTIONS: `--import=${fileURLToPath(new URL('public-names.mjs', import.meta.url))}`,
        FROST_TEST_PUBLIC_NAMES: JSON.stringify({ [HOME]: pds.url, [DIRECTORY]: network.plcUrl }),
        FROST_PLC_URL: DIRECTORY,
        FROST_PUBLIC_URL: SITE,
        FROST_OAUTH_KEY: JSON.stringify(privateKey.export({ format: 'jwk' })),
        FROST_COOKIE_SECRET: 'x'.repeat(32),
      },
    })
    show(SITE, site.url)
    await using proxy = await tlsProxy(
      new Map([
        [SITE, site.url],
        [HOME, pds.url],
      ]),
    )
    const toProxy = `--host-resolver-rules=MAP * 127.0.0.1:${proxy.port}`
    await using browser = await startBrowser(executable!, [toProxy, '--ignore-certificate-errors'])
    await using context = await visitor(browser)
    const page = await context.newPage()
    await page.goto(`${SITE}/sign-in?return_to=/account`)
    await page.getByLabel('Handle, DID or address of your server').fill(account.did)
    await page.getByRole('button', { name: 'Go on to your server' }).click()
    await page.waitForURL(`${HOME}/**`)
    await approve(page, account.password)
    await page.waitForURL(`${SITE}/account`)
    expect(await page.locator('main').textContent()).toContain(account.did)
    const cookies = await context.cookies(SITE)
    expect(cookies).toEqual([
      expect.objectContaining({
        secure: true,
        httpOnly: true,
        sameSite: 'Lax',
        name: expect.stringMatching(/^__Host-/),
      }),
    ])

    await page.goto(`${SITE}/c/new`)
    await page.getByLabel('Title').fill('Ice')
    await page.getByRole('button', { name: 'Begin it' }).click()
    await page.waitForURL(`${SITE}/c/**/ice`)
    const collection = nsid('dataset.collection')
    const { records } = await call<{ records: { value: { title: string } }[] }>(
      pds.url,
      'com.atproto.repo.listRecords',
      { params: { repo: account.did, collection } },
    )
    expect(records.map(({ value }) => value.title)).toEqual(['Ice'])

    await page.locator('details.account summary').click()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.goto(`${SITE}/account`)
    expect(page.url()).toContain('/sign-in')
  }, 90_000)
})
