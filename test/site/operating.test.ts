/** Those who run the index, at its pages: how it fares, reports, takedowns, labels, keys; and whose labels readers see. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAppview } from '@frost/appview'
import { atUri, definition, nsid } from '@frost/lexicon'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Labeler } from '../social/labeler.ts'
import { newAccount, putRecord } from '../stand.ts'
import { chromiumPath } from './site.ts'
import { main, type SocialWorld, socialWorld } from './social-world.ts'
import { violations, visitor } from './world-with-sign-in.ts'

const executable = chromiumPath()

describe.skipIf(executable === undefined)('operating', () => {
  let all: SocialWorld
  let { world, site, browser, owner, guest, ofGuest, dataset, open } = {} as SocialWorld
  let ofWarden: BrowserContext
  let usual: Labeler
  let reviewers: Labeler | undefined
  beforeAll(async () => {
    usual = await Labeler.open()
    all = await socialWorld(executable!, {
      operator: 'warden',
      appview: { mostRecords: 5000, labelers: [{ did: usual.did, isTrusted: false }] },
    })
    ;({ world, site, browser, owner, guest, ofGuest, dataset, open } = all)
    ofWarden = all.ofWarden!
  }, 180_000)
  afterAll(async () => {
    await all?.[Symbol.asyncDispose]()
    for (const labeler of [usual, reviewers]) await labeler?.[Symbol.asyncDispose]()
  })

  const status = async (context: BrowserContext, path: string) => {
    const page = await context.newPage()
    const answer = await page.goto(site.url + path)
    return { page, status: answer?.status() }
  }
  /** Labels say nothing to the log: the answer is looked at until it holds what was said. */
  const labelled = (uri: string, val: string, labeler?: string) =>
    expect
      .poll(async () => {
        const answer = await fetch(
          `${world.appview.url}/xrpc/${nsid('dataset.getEntry')}?${new URLSearchParams({ uri })}`,
          { headers: labeler ? { 'atproto-accept-labelers': labeler } : {} },
        )
        const { entry } = (await answer.json()) as { entry: { labels?: { val: string }[] } }
        return entry.labels?.map(label => label.val)
      })
      .toContain(val)
  /** What the search box offers somebody. */
  const offered = async ({ request }: BrowserContext) =>
    (
      (await (await request.get(`${site.url}/suggest?q=drift`)).json()) as { offers: { text: string }[] }
    ).offers.map(({ text }) => text)
  /** The guest follows a dataset, which releases a version then, and makes another from it; answers the path of that. */
  async function followedAndBuiltOn(uri: string): Promise<string> {
    const ref = { uri }
    await putRecord(guest, 'graph.follow', 'drift', {
      subject: { $type: definition('recordSubject'), ...ref },
      createdAt: '2026-01-01T00:00:00.000Z',
    })
    await putRecord(guest, 'dataset.entry', 'floes', {
      title: 'Floes',
      distributions: [{ id: 'csv', uri: 'https://example.org/floes.csv', format: 'csv' }],
      derivedFrom: [{ ref: { $type: definition('recordRef'), ...ref } }],
    })
    const { entry } = await world.ask<{ entry: { cid: string } }>('dataset.getEntry', { uri })
    await putRecord(owner, 'dataset.version', '3lzzzzzzzzz33', {
      dataset: uri,
      entry: { uri, cid: entry.cid },
      version: '1.0',
      releasedAt: new Date().toISOString(),
    })
    await world.until(
      () => world.appview.services.index.status(),
      ({ counts, seq, searchSeq }) => counts[nsid('dataset.version')] === 1 && searchSeq === seq,
    )
    return `/d/${guest.account.handle}/floes`
  }
  const settled = async (page: Page) => (await page.getByRole('status').textContent()) ?? ''

  it('lets in operators alone, and helps the others on', async () => {
    for (const path of ['/admin', '/admin/reports', '/admin/takedowns', '/admin/keys']) {
      const { page, status: code } = await status(ofGuest, path)
      expect(code, path).toBe(403)
      expect(await main(page)).toContain(`FROST_OPERATORS=${guest.did}`)
      expect(await page.getByRole('link', { name: 'your settings' }).count()).toBe(1)
      await page.close()
    }
    await using stranger = await visitor(browser, { script: false })
    const page = await open(stranger, '/admin')
    expect(new URL(page.url()).pathname).toBe('/sign-in')
    for (const action of ['takedown', 'restore', 'label', 'key']) {
      const answer = await ofGuest.request.post(`${site.url}/admin/takedowns`, {
        form: { action, subjects: owner.did, subject: owner.did, val: 'spam' },
        headers: { 'sec-fetch-site': 'same-origin' },
      })
      expect(answer.status()).toBe(403)
    }
    const foreign = await ofWarden.request.post(`${site.url}/admin/takedowns`, {
      form: { action: 'takedown', subjects: owner.did },
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(foreign.status()).toBe(403)
    expect(world.appview.services.index.moderation.takedownCount).toBe(0)
    // Only operators are asked for the rights to operate.
    const [theirs, hers] = await Promise.all([ofGuest, ofWarden].map(context => open(context, '/account')))
    expect(await theirs!.locator('.address').textContent()).not.toContain('admin.')
    expect(await hers!.locator('.address').textContent()).toContain('admin.takeDown')
    await Promise.all([theirs!.close(), hers!.close()])
  })

  it('shows how the index fares', async () => {
    const page = await open(ofWarden, '/')
    await page.locator('details.account summary').click()
    await page.getByRole('link', { name: 'Operate this index' }).click()
    const shown = await main(page)
    expect(shown).toContain('behind the network')
    expect(await page.getByRole('region', { name: 'Upstreams' }).textContent()).toContain('connected')
    expect(await page.getByRole('region', { name: 'Allowed at most' }).textContent()).toContain('5,000')
    expect(await page.getByRole('region', { name: 'Requests today' }).textContent()).toContain('anonymous')
    expect(await page.getByRole('region', { name: 'On disk' }).textContent()).toMatch(/database[\d.]+ .B/)
    await page.close()
  })

  it('settles reports: taken down and shown again, labelled, dismissed', async () => {
    const { uri } = await putRecord(guest, 'discussion.comment', '3lzzzzzzzzz22', {
      subject: atUri(owner.did, nsid('dataset.entry'), 'drift'),
      text: 'Buy **cheap** altimeters',
    })
    await world.until(
      () => world.ask<{ comments: { uri: string }[] }>('discussion.getThread', { uri }),
      ({ comments }) => comments !== undefined,
    )
    const reader = await open(all.ofOwner, `${dataset}/discussion`)
    for (const said of ['It is an advertisement', 'Again', 'And again']) {
      await reader.goto(`${site.url}${dataset}/discussion`)
      await reader.locator('summary', { hasText: 'Report or mute' }).click()
      await reader.getByLabel('What they should know').fill(said)
      await reader.getByRole('button', { name: 'Report', exact: true }).click()
      expect(await reader.locator('h1').textContent()).toBe('Reported')
    }
    const page = await open(ofWarden, '/admin/reports')
    expect(await page.getByRole('article').count()).toBe(3)
    const first = page.getByRole('article').first()
    expect(await first.textContent()).toContain('Buy cheap altimeters')
    expect(await first.textContent()).toContain('It is an advertisement')
    await first.getByLabel('Why (for operators)').fill('Advertising')
    await first.getByRole('button', { name: 'Take it down' }).click()
    expect(await settled(page)).toBe('Taken down.')
    await reader.goto(`${site.url}${dataset}/discussion`)
    expect(await main(reader)).not.toContain('altimeters')
    expect(await first.textContent()).toContain('taken down')
    await first.getByRole('button', { name: 'Show it again' }).click()
    await reader.reload()
    expect(await main(reader)).toContain('altimeters')
    await first.getByLabel('What comes of it').fill('Said already')
    await first.getByRole('button', { name: 'Dismiss the report' }).click()
    expect(await main(page)).toContain('No report is open')
    await page.getByRole('link', { name: 'Settled' }).click()
    expect(await page.getByRole('article').count()).toBe(3)
    expect(await main(page)).toContain('Taken down: Advertising')
    expect(await main(page)).toContain('Said already')
    await Promise.all([page.close(), reader.close()])
  }, 60_000)

  it('keeps a block list, by handle, DID and at-uri, and says what cannot be taken', async () => {
    const page = await open(ofWarden, '/admin/takedowns')
    await page.getByLabel('Accounts and records').fill(`nobody.example\n${owner.did}`)
    await page.getByRole('button', { name: 'Take them down' }).click()
    expect(await page.getByRole('alert').textContent()).toContain("'nobody.example'")
    expect(await page.getByLabel('Accounts and records').inputValue()).toContain(owner.did)
    await page.getByLabel('Accounts and records').fill(`@${owner.account.handle}`)
    await page.getByLabel('Why (for operators)').fill('A test of the list')
    await page.getByRole('button', { name: 'Take them down' }).click()
    expect(await page.getByRole('row', { name: owner.did }).textContent()).toContain('A test of the list')
    await using stranger = await visitor(browser, { script: false })
    const taken = await status(stranger, dataset)
    expect(taken.status).toBe(410)
    expect(await taken.page.locator('h1').textContent()).toBe('This dataset is not shown here')
    await page.getByRole('button', { name: /^Show it again/ }).click()
    expect(await main(page)).toContain('Nothing is taken down')
    expect((await status(stranger, dataset)).status).toBe(200)

    const form = page.locator('form', { hasText: 'Take the label back' })
    await form.getByLabel('Account or record').fill(owner.account.handle)
    await form.getByLabel('Label', { exact: true }).fill('unreliable')
    await form.getByLabel('Until (may be empty)').fill('2999-12-31')
    await form.getByRole('button', { name: 'Label it' }).click()
    expect(await settled(page)).toBe('Labelled.')
    const labels = async () =>
      (
        await world.ask<{ labels?: { val: string; src: string; exp?: string }[] }>('actor.getProfile', {
          actor: owner.did,
        })
      ).labels
    expect(await labels()).toMatchObject([
      { val: 'unreliable', src: world.appview.did, exp: '3000-01-01T00:00:00.000Z' },
    ])
    await form.getByLabel('Account or record').fill(owner.did)
    await form.getByLabel('Label', { exact: true }).fill('unreliable')
    await form.getByRole('button', { name: 'Take the label back' }).click()
    expect(await labels()).toBeUndefined()
    await page.close()
  })

  it('makes plans and keys, shows a key once, and who asked how much', async () => {
    const page = await open(ofWarden, '/admin/keys')
    await page.getByLabel('Name of the plan').fill('institute')
    await page.getByLabel('Requests a month').fill('100000')
    await page.getByRole('button', { name: 'Save the plan' }).click()
    expect(await page.getByRole('region', { name: 'Plans' }).textContent()).toContain('100,000')
    await page.getByLabel('Whose the key is').fill('Institute of the Sea')
    await page.getByLabel('Plan of the key').selectOption('institute')
    await page.getByRole('button', { name: 'Make a key' }).click()
    const key = await page.locator('code.key').textContent()
    const answer = await fetch(`${world.appview.url}/xrpc/${nsid('service.describeService')}`, {
      headers: { 'X-API-Key': key! },
    })
    expect(answer.status).toBe(200)
    await page.goto(`${site.url}/admin/keys`)
    expect(await main(page)).not.toContain(key)
    expect(await page.getByRole('region', { name: 'Usage' }).textContent()).toContain('Institute of the Sea')
    const csv = await ofWarden.request.get(`${site.url}/admin/usage.csv`)
    expect(await csv.text()).toContain('Institute of the Sea,institute,')
    await page.getByRole('button', { name: /^Revoke/ }).click()
    expect(await page.getByRole('region', { name: 'API keys' }).textContent()).toContain('revoked')
    await page.close()
  })

  it('shows everybody what the labelers of the operator say, by its name where it has no meaning', async () => {
    const uri = atUri(owner.did, nsid('dataset.entry'), 'drift')
    await usual.say({ uri, val: 'peer-reviewed' })
    await labelled(uri, 'peer-reviewed')
    await using stranger = await visitor(browser, { script: false })
    const page = await open(stranger, dataset)
    await page.locator('.label summary', { hasText: 'peer reviewed' }).click()
    expect(await page.locator('.label').textContent()).toContain(`So says ${usual.did}`)
    await page.goto(`${site.url}/search`)
    expect(await page.locator('.result .labels').textContent()).toContain('peer reviewed')
    await page.goto(`${site.url}/settings/labels`)
    expect(await main(page)).toContain(usual.did)
    expect(await main(page)).toContain('Sign in to choose your own')
    await page.close()
  })

  it('lets readers hear a labeler, in their language, and decide what becomes of what it labels', async () => {
    const { world: stand } = all
    const account = await newAccount(stand.network, 'reviewers', 'icebucket')
    const page = await open(ofGuest, '/settings/labels')
    const add = async (name: string) => {
      await page.getByLabel('Its handle or DID').fill(name)
      await page.getByRole('button', { name: 'Hear it', exact: true }).click()
    }
    await add(account.account.handle)
    expect(await page.getByRole('alert').textContent()).toContain('is no labeler')
    await add('nobody')
    expect(await page.getByRole('alert').textContent()).toContain("'nobody'")

    reviewers = await Labeler.of(account, stand.network.pds('icebucket'))
    const put = (collection: string, record: object) =>
      account.agent.com.atproto.repo.putRecord({
        repo: account.did,
        collection,
        rkey: 'self',
        record: { $type: collection, createdAt: '2026-01-01T00:00:00.000Z', ...record },
        validate: false,
      })
    await put('app.bsky.actor.profile', { displayName: 'Ice Reviewers' })
    await put('app.bsky.labeler.service', {
      policies: {
        labelValues: ['unchecked', 'withdrawn', 'praised'],
        labelValueDefinitions: [
          {
            identifier: 'unchecked',
            severity: 'alert',
            blurs: 'content',
            defaultSetting: 'warn',
            locales: [
              { lang: 'en', name: 'Not checked', description: 'Nobody has checked it.' },
              { lang: 'is', name: 'Óyfirfarið', description: 'Enginn hefur skoðað það.' },
            ],
          },
          {
            identifier: 'withdrawn',
            severity: 'alert',
            blurs: 'content',
            defaultSetting: 'hide',
            locales: [{ lang: 'en', name: 'Withdrawn', description: '<script>window.hacked=1</script>' }],
          },
        ],
      },
    })
    await add(`@${account.account.handle}`)
    expect(await settled(page)).toBe('You hear it from now on.')
    const card = page.getByRole('region', { name: 'Ice Reviewers' })
    expect(await card.textContent()).toContain('Nobody has checked it.')
    expect(await card.getByLabel('Not checked').inputValue()).toBe('warn')
    expect(await card.getByLabel('praised').inputValue()).toBe('inform')
    // The operator's labeler stays, now by the reader's own choice.
    expect(await main(page)).toContain(usual.did)

    const uri = atUri(owner.did, nsid('dataset.entry'), 'drift')
    const made = await followedAndBuiltOn(uri)
    await reviewers.say({ uri, val: 'unchecked' })
    await reviewers.say({ uri: owner.did, val: 'praised' })
    await labelled(uri, 'unchecked', reviewers.did)
    await labelled(uri, 'praised', reviewers.did)
    const body = page.getByRole('region', { name: 'Description' })
    await page.goto(site.url + dataset)
    expect(await page.locator('.veiled > summary').textContent()).toContain('Not checked')
    expect(await body.isVisible()).toBe(false)
    await page.locator('.veiled > summary').click()
    expect(await body.isVisible()).toBe(true)
    expect(await page.locator('.veiled').textContent()).toContain('So says Ice Reviewers')
    await page.goto(`${site.url}/p/${owner.account.handle}`)
    expect(await page.locator('.label summary').first().textContent()).toBe('praised')
    await page.setExtraHTTPHeaders({ 'accept-language': 'is-IS,en;q=0.5' })
    await page.goto(site.url + dataset)
    expect(await page.locator('.veiled > summary').textContent()).toContain('Óyfirfarið')
    await page.setExtraHTTPHeaders({})

    await using scripted = await visitor(browser, { width: 390 })
    await scripted.addCookies(await ofGuest.cookies(site.url))
    for (const path of ['/settings/labels', dataset])
      expect(await violations(await open(scripted, path))).toEqual([])

    const choose = async (way: string) => {
      await page.goto(`${site.url}/settings/labels`)
      await card.getByLabel('Not checked').selectOption(way)
      await card.getByRole('button', { name: /^Save/ }).click()
      expect(await card.getByLabel('Not checked').inputValue()).toBe(way)
    }
    await choose('hide')
    await page.goto(`${site.url}/search?q=drift`)
    expect(await page.locator('.result').textContent()).toContain('This dataset is hidden: Not checked')
    expect(await page.locator('.result h2').count()).toBe(0)
    await page.getByRole('link', { name: 'its page' }).click()
    await page.locator('.veiled > summary').click()
    expect(await body.isVisible()).toBe(true)
    // Whatever else would name it does not.
    for (const path of [
      '/notifications',
      '/feed',
      `/embed${dataset}`,
      `/p/${guest.account.handle}/following`,
    ]) {
      await page.goto(site.url + path)
      const body = await page.locator('main').textContent()
      expect(body, path).toContain('is hidden: Not checked')
      expect(body, path).not.toContain('Drift of sea ice')
    }
    await page.goto(`${site.url}${made}/lineage`)
    expect(await page.locator('main').textContent()).toContain('Labelled: Not checked')
    expect(await page.locator('main').textContent()).not.toContain('Drift of sea ice')
    expect(await offered(page.context())).not.toContain('Drift of sea ice')
    await choose('inform')
    await page.goto(`${site.url}/notifications`)
    expect(await page.locator('.news').first().textContent()).toContain('Drift of sea ice')
    expect(await page.locator('.news .label summary').allTextContents()).toContain('Not checked')
    expect(await offered(page.context())).toContain('Drift of sea ice')
    await page.goto(site.url + dataset)
    expect(await body.isVisible()).toBe(true)
    expect((await page.locator('.label summary').allTextContents()).sort()).toEqual([
      'Not checked',
      'peer reviewed',
      'praised',
    ])
    await choose('ignore')
    await page.goto(site.url + dataset)
    expect(await page.locator('.label summary', { hasText: 'Not checked' }).count()).toBe(0)
    // What holds for everybody is shown to its owner alone.
    await reviewers.say({ uri, val: '!hide' })
    await labelled(uri, '!hide', reviewers.did)
    await page.reload()
    expect(await main(page)).toContain('This dataset is hidden: hidden')
    expect(await body.count()).toBe(0)
    await using stranger = await visitor(browser, { script: false })
    const there = await open(stranger, dataset)
    expect(await there.getByRole('region', { name: 'Description' }).isVisible()).toBe(true)
    await reviewers.say({ uri, val: '!hide', neg: true })

    await page.goto(`${site.url}/settings/labels`)
    await card.getByRole('button', { name: /^Do not hear it/ }).click()
    expect(await card.count()).toBe(0)
    await page.goto(site.url + dataset)
    expect(await page.locator('.label summary').allTextContents()).toEqual(['peer reviewed'])
    // Nobody wants it any more: it is read no more, and nothing that it said is kept.
    expect((await stand.appview.services.index.labels.counts()).has(reviewers.did)).toBe(false)
    await page.goto(`${site.url}/settings/labels`)
    await page.getByRole('button', { name: 'Take the choice of this index again' }).click()
    expect(await main(page)).toContain('You have chosen nothing yet')
    await Promise.all([page.close(), there.close()])
  }, 120_000)

  it('lets readers hear another index as a labeler, by its DID', async () => {
    const uri = atUri(owner.did, nsid('dataset.entry'), 'drift')
    const dataDir = await mkdtemp(join(tmpdir(), 'frost-another-'))
    const { config } = world.appview.services
    const another = await startAppview({ ...config, dataDir, port: 0, labelers: [], smtpUrl: undefined })
    try {
      await another.services.labels!.say({ uri, val: 'reproduced' })
      const page = await open(ofGuest, '/settings/labels')
      await page.getByLabel('Its handle or DID').fill(another.did)
      await page.getByRole('button', { name: 'Hear it', exact: true }).click()
      expect(await settled(page)).toBe('You hear it from now on.')
      const card = page.getByRole('region', { name: another.did })
      expect(await card.textContent()).toContain('It does not say what its labels mean')
      await labelled(uri, 'reproduced', another.did)
      await page.goto(site.url + dataset)
      await page.locator('.label summary', { hasText: 'reproduced' }).click()
      expect(await main(page)).toContain(`So says ${another.did}`)
      await another.services.labels!.say({ uri, val: 'reproduced', neg: true })
      await expect
        .poll(async () => {
          await page.reload()
          return page.locator('.label summary', { hasText: 'reproduced' }).count()
        })
        .toBe(0)
      await page.close()
    } finally {
      await another.stop()
      await rm(dataDir, { recursive: true, force: true })
    }
  }, 60_000)
})
