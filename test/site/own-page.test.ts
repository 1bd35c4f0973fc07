/** What people have of their own on the site: profile, activity, what becomes of their account; and what is said of one version. */
import { definition, nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putRecord } from '../stand.ts'
import { Receiver } from '../updates/receiver.ts'
import { chromiumPath } from './site.ts'
import { main, type SocialWorld, socialWorld } from './social-world.ts'
import { visitor } from './world-with-sign-in.ts'

const executable = chromiumPath()
/** A picture of one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

describe.skipIf(executable === undefined)('of one’s own', () => {
  let all: SocialWorld
  let { world, site, browser, owner, guest, ofOwner, ofGuest, dataset, open } = {} as SocialWorld
  beforeAll(async () => {
    all = await socialWorld(executable!)
    ;({ world, site, browser, owner, guest, ofOwner, ofGuest, dataset, open } = all)
  }, 180_000)
  afterAll(() => all?.[Symbol.asyncDispose]())

  const profileOf = async ({ agent, did }: typeof guest) =>
    (
      await agent.com.atproto.repo.getRecord({
        repo: did,
        collection: nsid('actor.profile'),
        rkey: 'self',
      })
    ).data.value

  it('writes who one is into one’s own repository, with a picture, at once visible', async () => {
    await guest.agent.com.atproto.repo.putRecord({
      repo: guest.did,
      collection: 'app.bsky.actor.profile',
      rkey: 'self',
      record: { $type: 'app.bsky.actor.profile', displayName: 'Grace', description: 'Compilers.' },
      validate: false,
    })
    const path = `/p/${guest.account.handle}`
    const page = await open(ofGuest, path)
    await page.getByRole('link', { name: 'Edit your profile' }).click()
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Grace')
    expect(await page.getByLabel('Who you are').inputValue()).toBe('Compilers.')

    const save = page.getByRole('button', { name: 'Save' })
    await page.getByLabel('Name', { exact: true }).fill('Hopper, Grace')
    await page.getByLabel('You are', { exact: true }).selectOption('person')
    await page.getByLabel('ORCID iD').fill('0000-0002-1825-0098')
    await save.click()
    expect(await page.getByRole('alert').textContent()).toContain('its last digit does not fit')
    expect(await page.getByLabel('You are', { exact: true }).inputValue()).toBe('person')
    await page.getByLabel('ORCID iD').fill('https://orcid.org/0000-0002-1825-0097')
    await page.getByLabel('Where a person works').fill('Ice Institute')
    await page.getByLabel('ROR id of it').fill('02mhbdp94')
    await page.getByLabel('Home page').fill('https://grace.example')
    await page.getByLabel('Picture').setInputFiles({
      name: 'me.png',
      mimeType: 'image/png',
      buffer: Buffer.from('<svg onload="alert(1)">'),
    })
    await save.click()
    expect(await page.getByRole('alert').textContent()).toContain('neither PNG, JPEG nor WebP')
    await page.getByLabel('Picture').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: PNG })
    await save.click()
    expect(new URL(page.url()).pathname).toBe(path)
    expect(await page.getByRole('status').textContent()).toContain('is written')
    expect(await page.locator('h1').textContent()).toBe('Hopper, Grace')
    expect(await page.locator('.profile-head').textContent()).toContain('ORCID 0000-0002-1825-0097')
    const picture = page.locator('.profile-head img')
    await expect.poll(() => picture.evaluate(image => (image as HTMLImageElement).naturalWidth)).toBe(1)
    const served = await ofGuest.request.get(site.url + (await picture.getAttribute('src')))
    expect(served.headers()['content-type']).toBe('image/png')
    expect(served.headers()['x-content-type-options']).toBe('nosniff')
    expect(await profileOf(guest)).toMatchObject({
      name: 'Hopper, Grace',
      familyName: 'Hopper',
      kind: 'person',
      description: 'Compilers.',
      homepage: 'https://grace.example',
      identifiers: [{ scheme: 'orcid', value: '0000-0002-1825-0097' }],
      affiliation: [{ name: 'Ice Institute', ror: 'https://ror.org/02mhbdp94' }],
      avatar: { mimeType: 'image/png', size: PNG.length },
    })

    // What another client writes meanwhile is not overwritten.
    await page.goto(`${site.url}/settings/profile`)
    await putRecord(guest, 'actor.profile', 'self', { ...(await profileOf(guest)), description: 'COBOL.' })
    await page.getByLabel('Home page').fill('')
    await save.click()
    expect(await page.getByRole('alert').textContent()).toContain('changed elsewhere meanwhile')
    await page.goto(`${site.url}/settings/profile`)
    await page.getByLabel('Take the picture away').check()
    await save.click()
    expect(await page.locator('.profile-head img').count()).toBe(0)
    expect(await page.locator('.tab-page').textContent()).toContain('COBOL.')
    expect(await profileOf(guest)).not.toHaveProperty('avatar')

    for (const forged of ['/picture/did:web:x/nothing', `/picture/${guest.did}/bafkrei${'a'.repeat(52)}`])
      expect((await ofGuest.request.get(site.url + forged)).status()).toBe(404)
    const foreign = await ofGuest.request.post(`${site.url}/settings/profile`, {
      multipart: { name: 'Mallory' },
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(foreign.status()).toBe(403)
    await page.close()
  }, 60_000)

  it('discusses one version, where its dataset’s discussion tells of it too', async () => {
    const entry = await owner.agent.com.atproto.repo.getRecord({
      repo: owner.did,
      collection: nsid('dataset.entry'),
      rkey: 'drift',
    })
    const { uri, cid } = entry.data
    const releasedAt = '2026-02-01T00:00:00.000Z'
    await putRecord(owner, 'dataset.version', '3lzzzzzzzzz22', {
      dataset: uri,
      entry: { uri, cid: cid! },
      version: '1.0',
      releasedAt,
    })
    await world.until(
      () => world.ask<{ versions: object[] }>('dataset.listVersions', { entry: uri }),
      ({ versions }) => versions.length === 1,
    )
    const page = await open(ofGuest, `${dataset}/v/3lzzzzzzzzz22`)
    expect(await main(page)).toContain('Nobody has said anything about this version yet')
    await page.getByLabel('Add a comment').fill('March is *missing* here.')
    await page.getByRole('button', { name: 'Comment', exact: true }).click()
    expect(new URL(page.url()).pathname).toBe(`${dataset}/v/3lzzzzzzzzz22`)
    expect(await page.locator('.comment .prose em').textContent()).toBe('missing')

    const hers = await open(ofOwner, `${dataset}/discussion`)
    expect(await hers.locator('.comment').textContent()).toContain('on a version')
    await hers.goto(page.url())
    await hers.locator('summary', { hasText: 'Hide' }).first().click()
    await hers.getByRole('button', { name: 'Hide it on this page' }).first().click()
    await using stranger = await visitor(browser, { script: false })
    const there = await open(stranger, `${dataset}/v/3lzzzzzzzzz22`)
    expect(await main(there)).toContain('Hidden by the owner of this dataset')
    expect(await there.getByRole('link', { name: 'Sign in to comment' }).count()).toBe(1)
    // A version has its page below its own dataset only.
    await putRecord(owner, 'dataset.entry', 'other', { title: 'Another' })
    await world.until(
      () => world.appview.services.index.status(),
      ({ counts }) => counts[nsid('dataset.entry')] === 2,
    )
    const wrong = await there.goto(`${site.url}/d/${owner.account.handle}/other/v/3lzzzzzzzzz22`)
    expect(wrong?.status()).toBe(404)
    await Promise.all([page.close(), hers.close(), there.close()])
  }, 60_000)

  it('finds what is offered, by the facet and in the search box, as long as it is', async () => {
    const subject = `at://${owner.did}/${nsid('dataset.entry')}/drift`
    await putRecord(guest, 'dataset.offer', 'hourly', {
      subject,
      url: 'https://shop.example',
      model: 'subscription',
      prices: [{ amount: '100', currency: 'EUR', unit: 'year' }],
    })
    await putRecord(guest, 'dataset.offer', 'over', {
      subject: `at://${owner.did}/${nsid('dataset.entry')}/other`,
      url: 'https://shop.example',
      validThrough: '2020',
    })
    await world.until(
      () => world.ask<{ total: number }>('dataset.searchEntries', { q: 'has:offer' }),
      ({ total }) => total === 1,
    )
    await using stranger = await visitor(browser, { script: false })
    const page = await open(stranger, '/search')
    const facet = page.locator('details.facet', { hasText: 'Offered' })
    await facet.locator('summary').click()
    expect(await facet.textContent()).toMatch(/in any way1for money1by subscription1/)
    await facet.getByRole('link', { name: 'for money' }).click()
    expect(new URL(page.url()).search).toBe('?offer=paid')
    expect(await page.getByRole('list', { name: 'Filters in use' }).textContent()).toContain(
      'Offered: for money',
    )
    expect(await page.locator('.result').count()).toBe(1)
    await page.locator('.result').getByRole('link', { name: 'one offer' }).click()
    expect(new URL(page.url()).hash).toBe('#offers')
    expect(await page.locator('#offers').textContent()).toContain('100 EUR per year')
    await page.goto(`${site.url}/search/help`)
    await page.getByRole('link', { name: 'has:offer', exact: true }).click()
    expect(await page.locator('h1').textContent()).toContain('one dataset')
    expect(await page.getByRole('list', { name: 'Filters in use' }).textContent()).toContain(
      'Offered: in any way',
    )
    await page.close()
  })

  it('tells what an account publishes, newest first', async () => {
    await putRecord(owner, 'dataset.notice', '3lzzzzzzzzz23', {
      subject: { $type: definition('recordRef'), uri: `at://${owner.did}/${nsid('dataset.entry')}/drift` },
      kind: 'outage',
      createdAt: new Date().toISOString(),
    })
    await world.until(
      () => world.appview.services.index.status(),
      ({ counts }) => counts[nsid('dataset.notice')] === 1,
    )
    const page = await open(ofGuest, `/p/${owner.account.handle}`)
    await page.getByRole('link', { name: 'Activity' }).click()
    const told = await page.locator('.news').allTextContents()
    expect(told[0]).toContain('announced an outage of Drift of sea ice')
    expect(told[1]).toContain('released version 1.0 of Drift of sea ice')
    expect(told.at(-1)).toContain('published')
    await page.close()
  })

  it('has updates sent to an address, and shows the secret once', async () => {
    await using receiver = await Receiver.open()
    const page = await open(ofGuest, '/settings')
    await page.getByRole('link', { name: 'Have updates sent to an address of yours' }).click()
    expect(await main(page)).toContain('You have no webhook here')
    await page.getByLabel('Address').fill(receiver.url)
    await page.getByLabel('Only about these datasets').fill('nobody.icehub.test/nothing')
    await page.getByRole('button', { name: 'Add the webhook' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('nobody.icehub.test')
    expect(await page.getByLabel('Address').inputValue()).toBe(receiver.url)
    await page.getByLabel('Only about these datasets').fill(`${owner.account.handle}/drift`)
    await page.getByRole('button', { name: 'Add the webhook' }).click()
    const secret = page.getByRole('status', { name: 'Secret' })
    const first = (await secret.locator('pre').textContent())!.trim()
    expect(first).toMatch(/^whsec_/)
    const card = page.getByRole('region', { name: receiver.url })
    expect(await card.textContent()).toContain(`at://${owner.did}/`)
    await putRecord(owner, 'dataset.notice', '3lzzzzzzzzz25', {
      subject: { $type: definition('recordRef'), uri: `at://${owner.did}/${nsid('dataset.entry')}/drift` },
      kind: 'outage',
      createdAt: new Date().toISOString(),
    })
    await receiver.until(() => receiver.taken.length === 1)
    await page.goto(`${site.url}/settings/webhooks`)
    expect(await secret.count()).toBe(0)
    await card.getByRole('button', { name: 'New secret' }).click()
    expect((await secret.locator('pre').textContent())!.trim()).not.toBe(first)
    await card.getByRole('button', { name: 'Remove' }).click()
    expect(await main(page)).toContain('You have no webhook here')
    await page.close()
  })

  it('lets everything be taken along: the repository from its own server, and the settings', async () => {
    const cookies = await ofGuest.cookies(site.url)
    const headers = { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') }
    const page = await open(ofGuest, '/settings')
    const card = page.locator('#export')
    const addressOf = async (name: string) =>
      new URL((await card.getByRole('link', { name }).getAttribute('href'))!, site.url)
    const car = await fetch(await addressOf('Your repository'), { headers })
    expect(car.headers.get('content-disposition')).toContain('.car"')
    const { readCarWithRoot } = await import('@atproto/repo')
    const { blocks } = await readCarWithRoot(new Uint8Array(await car.arrayBuffer()))
    expect(blocks.size).toBeGreaterThan(1)
    const own = (await (await fetch(await addressOf('Your settings'), { headers })).json()) as object
    expect(own).toMatchObject({ did: guest.did, settings: { quietReasons: [] }, mutes: [], webhooks: [] })
    const stranger = await fetch(await addressOf('Your repository'), { redirect: 'manual' })
    expect(stranger.status).toBe(303)
    await page.close()
  })

  it('regression: says who could get the account back if its server were gone, whose keys may be two', async () => {
    const page = await open(ofGuest, '/account')
    const card = page.getByRole('region', { name: 'If your server were gone' })
    expect(await card.textContent()).toContain('The account would be lost')
    expect(await card.textContent()).toContain('frost account key')
    const { plcClient, plcRotationKey, cfg } = world.network.pds('icebucket').server.ctx
    const { Secp256k1Keypair } = await import('@atproto/crypto')
    // Servers may keep a second key of their own.
    const second = (await Secp256k1Keypair.create()).did()
    Object.assign(cfg.identity, { recoveryDidKey: second })
    await plcClient.updateData(guest.did, plcRotationKey, last => ({
      ...last,
      rotationKeys: [second, ...last.rotationKeys],
    }))
    await page.reload()
    expect(await card.textContent()).toContain('The account would be lost')
    const own = (await Secp256k1Keypair.create()).did()
    await plcClient.updateData(guest.did, plcRotationKey, last => ({
      ...last,
      rotationKeys: [own, ...last.rotationKeys],
    }))
    await page.reload()
    expect(await card.textContent()).toContain('One of the keys is not your server’s')
    expect(await card.locator('.good').count()).toBe(0)
    expect(await card.locator('li').allTextContents()).toEqual([
      own,
      ...[second, plcRotationKey.did()].map(key => `${key} your server’s`),
    ])
    // A server that does not say which keys are its own leaves the question open.
    const { recoveryDidKey: _, ...identity } = cfg.identity
    Object.assign(cfg, { identity: undefined })
    await page.reload()
    Object.assign(cfg, { identity: { ...identity, recoveryDidKey: null } })
    expect(await card.textContent()).toContain('cannot be told from outside')
    expect(await card.textContent()).toContain('If that was not you')
    await page.close()
  })
})
