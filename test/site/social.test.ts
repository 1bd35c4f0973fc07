import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putRecord } from '../stand.ts'
import { chromiumPath } from './site.ts'
import { main, type SocialWorld, socialWorld } from './social-world.ts'
import { violations, visitor } from './world-with-sign-in.ts'

const HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">'
const executable = chromiumPath()

describe.skipIf(executable === undefined)('taking part', () => {
  let all: SocialWorld
  let { mail, world, site, browser, owner, guest, ofOwner, ofGuest, dataset, open } = {} as SocialWorld
  beforeAll(async () => {
    all = await socialWorld(executable!)
    ;({ mail, world, site, browser, owner, guest, ofOwner, ofGuest, dataset, open } = all)
  }, 120_000)
  afterAll(() => all?.[Symbol.asyncDispose]())

  it('follows a dataset and its publisher, endorses it, and takes each back', async () => {
    const page = await open(ofGuest, dataset)
    const follow = page.locator('.social-bar').getByRole('button', { name: /^Follow/ })
    await follow.click()
    expect(new URL(page.url()).pathname).toBe(dataset)
    const unfollow = page.locator('.social-bar').getByRole('button', { name: /^Unfollow/ })
    expect(await unfollow.textContent()).toContain('1')
    await page.locator('summary', { hasText: 'Endorse' }).click()
    await page.getByRole('button', { name: 'I came to the same results' }).click()
    expect(await page.locator('summary', { hasText: 'Endorsed' }).textContent()).toContain('1')
    await page.locator('summary', { hasText: 'Endorsed' }).click()
    await page.getByRole('button', { name: 'I came to the same results' }).click()
    expect(await page.locator('summary', { hasText: 'Endorsed' }).count()).toBe(0)
    await unfollow.click()
    expect(await follow.count()).toBe(1)

    await page.goto(`${site.url}/p/${owner.account.handle}`)
    await page.getByRole('button', { name: /^Follow/ }).click()
    expect(await page.getByRole('link', { name: 'Followers' }).textContent()).toContain('1')
    const { follows } = await world.ask<{ follows: { actor: { did: string } }[] }>('graph.listFollows', {
      actor: guest.did,
    })
    expect(follows).toMatchObject([{ actor: { did: owner.did } }])
    await page.close()
  })

  it('discusses from an account of another server: answered, edited, deleted, hidden, locked', async () => {
    const page = await open(ofGuest, dataset)
    await page.getByRole('link', { name: 'Discussion' }).click()
    await page.getByLabel('Add a comment').fill(`Is this **daily**? ${HOSTILE}`)
    await page.getByRole('button', { name: 'Comment', exact: true }).click()
    expect(await page.locator('.comment .prose strong').textContent()).toBe('daily')
    expect(await page.locator('.comment img, .comment script:not([src^="/assets/"])').count()).toBe(0)

    const hers = await open(ofOwner, `${dataset}/discussion`)
    await hers.locator('summary', { hasText: 'Reply' }).click()
    await hers.getByLabel(/^Your reply/).fill(`It is, since 1979. @${guest.account.handle}`)
    await hers.getByRole('button', { name: 'Reply', exact: true }).click()
    expect(await hers.locator('.answers .comment').textContent()).toContain('It is, since 1979.')
    expect(await hers.locator('.answers .prose a').getAttribute('href')).toBe(`/p/${guest.did}`)

    await page.goto(`${site.url}${dataset}/discussion`)
    await page.locator('summary', { hasText: 'Edit' }).click()
    await page.getByLabel('Your comment').fill('Is this weekly?')
    await page.getByRole('button', { name: 'Save' }).click()
    expect(await main(page)).toContain('edited')
    expect(await main(page)).toContain('weekly')

    await hers.reload()
    const first = hers.locator('.thread > .comment')
    await first.locator('summary', { hasText: 'Hide' }).first().click()
    await first.getByLabel(/^Why/).first().fill('Off topic')
    await first.getByRole('button', { name: 'Hide it on this page' }).first().click()
    await using stranger = await visitor(browser, { script: false })
    const there = await open(stranger, `${dataset}/discussion`)
    expect(await main(there)).toContain('Hidden by the owner of this dataset: Off topic')
    expect(await main(there)).not.toContain('weekly')
    await hers.getByRole('button', { name: 'Show it again' }).click()
    await there.reload()
    expect(await main(there)).toContain('weekly')

    await hers.getByRole('button', { name: 'Lock the discussion' }).click()
    await there.reload()
    expect(await main(there)).toContain('locked this discussion')
    await hers.getByRole('button', { name: 'Unlock the discussion' }).click()
    await hers.getByLabel('Shown are comments of').selectOption('followed')
    await hers.getByRole('button', { name: 'Set' }).click()
    await there.reload()
    expect(await main(there)).not.toContain('weekly')
    expect(await main(there)).toContain('one comment not shown')
    await hers.getByLabel('Shown are comments of').selectOption('everyone')
    await hers.getByRole('button', { name: 'Set' }).click()

    await page.reload()
    await page.locator('summary', { hasText: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete this comment' }).click()
    expect(await main(page)).not.toContain('weekly')
    expect(await main(page)).toContain('It is, since 1979.')
    await Promise.all([page.close(), hers.close()])
  })

  it('keeps what was typed where it cannot be written, and says a thing once', async () => {
    const page = await open(ofGuest, `${dataset}/discussion`)
    const long = 'word '.repeat(2100)
    const typed = page.getByLabel('Add a comment')
    await typed.evaluate(one => one.removeAttribute('maxlength')).catch(() => undefined)
    const form = await page
      .locator('form', { has: page.getByLabel('Add a comment') })
      .evaluate(one => Object.fromEntries(new FormData(one as HTMLFormElement)) as Record<string, string>)
    const send = (text: string) =>
      ofGuest.request.post(`${site.url}${dataset}/discussion`, {
        form: { ...form, text },
        headers: { 'sec-fetch-site': 'same-origin' },
        maxRedirects: 0,
      })
    const refused = await send(long)
    expect(refused.status()).toBe(400)
    expect(await refused.text()).toContain(long.trim())
    expect((await send('Twice')).status()).toBe(303)
    expect((await send('Twice')).status()).toBe(303)
    await page.reload()
    expect(await page.locator('.comment', { hasText: 'Twice' }).count()).toBe(1)
    await page.close()
  })

  it('opens an issue with labels, answers and settles it', async () => {
    const page = await open(ofGuest, `${dataset}/issues`)
    await page.getByRole('link', { name: 'New issue' }).click()
    await page.getByLabel('The matter in one line').fill(`Gap in March ${HOSTILE}`)
    await page.getByLabel(/^What you see/).fill('Nothing from 3 to 9 March 2014.')
    await page.getByLabel(/^Labels/).fill('quality, gap')
    await page.getByRole('button', { name: 'Open the issue' }).click()
    expect(await page.locator('h1').textContent()).toContain('Gap in March <script>')
    expect(await page.locator('.badge', { hasText: 'quality' }).count()).toBe(1)
    const address = new URL(page.url()).pathname

    const hers = await open(ofOwner, address)
    await hers.getByLabel('Add a comment').fill('A satellite was out.')
    await hers.getByRole('button', { name: 'Comment', exact: true }).click()
    await hers.getByLabel('It is', { exact: true }).selectOption('fixed')
    await hers.getByLabel('Why', { exact: true }).fill('Filled in version 2')
    await hers.getByRole('button', { name: 'Close the issue' }).click()
    await page.reload()
    expect(await main(page)).toContain('Ice Laboratory said “fixed”: Filled in version 2')
    expect(await main(page)).toContain('A satellite was out.')
    await page.goto(`${site.url}${dataset}/issues`)
    expect(await main(page)).toContain('No issue is open')
    await page.getByRole('link', { name: 'Settled' }).click()
    await page.getByRole('link', { name: /^Gap in March/ }).click()
    await page.getByRole('button', { name: 'Open the issue again' }).click()
    expect(await page.locator('.state').textContent()).toBe('open')
    await Promise.all([page.close(), hers.close()])
  })

  it('proposes a correction field by field, which its owner accepts by one button', async () => {
    const page = await open(ofGuest, `${dataset}/corrections`)
    await page.getByRole('link', { name: 'Propose a correction' }).click()
    await page.getByLabel(/^What is wrong/).fill('The paper says so.')
    await page.getByLabel('Title').fill('Drift of Arctic sea ice')
    await page.getByLabel(/^Creators/).fill('Ada Lovelace\nHopper, Grace')
    await page.getByLabel('Begins').fill('1979')
    await page.getByRole('button', { name: 'Propose it' }).click()
    const address = new URL(page.url()).pathname
    expect(await page.locator('del').first().textContent()).toBe('Drift of sea ice')
    expect(await page.locator('ins').first().textContent()).toBe('Drift of Arctic sea ice')
    expect(await page.getByRole('button', { name: /^Accept/ }).count()).toBe(0)

    const hers = await open(ofOwner, address)
    await hers.getByRole('button', { name: 'Accept and change the record' }).click()
    expect(await hers.locator('.state').textContent()).toBe('adopted')
    const { data } = await owner.agent.com.atproto.repo.getRecord({
      repo: owner.did,
      collection: nsid('dataset.entry'),
      rkey: 'drift',
    })
    expect(data.value).toMatchObject({
      title: 'Drift of Arctic sea ice',
      description: 'Daily vectors.',
      creators: [
        { name: 'Ada Lovelace', affiliation: [{ name: 'Ice Laboratory' }] },
        { familyName: 'Hopper', givenName: 'Grace' },
      ],
      coverage: { temporal: [{ start: '1979' }] },
    })
    await page.goto(`${site.url}${dataset}`)
    expect(await page.locator('h1').textContent()).toBe('Drift of Arctic sea ice')

    // One that was made for what the record does not say any more is refused, and says why.
    const late = await putRecord(guest, 'discussion.correction', '3lzzzzzzzzz22', {
      target: { uri: data.uri, cid: data.cid },
      rationale: HOSTILE,
      patch: [
        { op: 'test', path: '/title', valueJson: '"Drift of sea ice"' },
        { op: 'replace', path: '/title', valueJson: '"Drift"' },
      ],
    })
    const key = late.uri.split('/').at(-1)
    await world.until(
      () => world.ask<{ corrections: unknown[] }>('discussion.listCorrections', { subject: data.uri }),
      ({ corrections }) => corrections.length === 2,
    )
    await hers.goto(`${site.url}${dataset}/corrections/${guest.did}/${key}`)
    await hers.getByRole('button', { name: 'Accept and change the record' }).click()
    expect(await hers.getByRole('alert').textContent()).toContain(
      "'/title' cannot be made: the record says something else",
    )
    await hers.locator('summary', { hasText: 'Decline' }).click()
    await hers.getByLabel('Why', { exact: true }).fill('Already better')
    await hers.getByRole('button', { name: 'Decline it' }).click()
    expect(await main(hers)).toContain('declined, “Already better”')
    await Promise.all([page.close(), hers.close()])
  })

  it('proposes corrected data, which a version adopts', async () => {
    const page = await open(ofGuest, `${dataset}/corrections/new`)
    await page.getByLabel(/^What is wrong/).fill('The last day is cut off.')
    await page.locator('summary', { hasText: 'corrected data lies elsewhere' }).click()
    await page.getByLabel('Where the corrected data is').fill('https://example.org/drift-2.csv')
    await page.getByRole('button', { name: 'Propose it' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('Name the state of the corrected data')
    await page.getByLabel('Its state').fill(`digest:sha256:${'ab'.repeat(32)}`)
    await page.getByRole('button', { name: 'Propose it' }).click()
    const address = new URL(page.url()).pathname
    expect(await main(page)).toContain('https://example.org/drift-2.csv')

    const hers = await open(ofOwner, address)
    await hers.getByRole('link', { name: 'Release a version that adopts it' }).click()
    await hers.getByLabel('Name of the version').fill('1.1')
    await hers.getByLabel('What fixes the state of the data').fill(`digest:sha256:${'cd'.repeat(32)}`)
    await hers.getByRole('button', { name: 'Release', exact: true }).click()
    await page.reload()
    expect(await page.locator('.state').textContent()).toBe('adopted')
    await Promise.all([page.close(), hers.close()])
  })

  it('says what cites a dataset, by DOI or picked from a search, and takes it back', async () => {
    await putRecord(guest, 'dataset.entry', 'melt', { title: 'Melt ponds' })
    await world.until(
      () => world.appview.services.index.status(),
      ({ counts, seq, searchSeq }) => counts[nsid('dataset.entry')] === 2 && searchSeq === seq,
    )
    const page = await open(ofGuest, dataset)
    await page.getByRole('link', { name: 'Cited by' }).click()
    expect(await main(page)).toContain('Nothing is known to cite it yet')
    const seek = page.getByLabel(/^A DOI, an address/)
    const sayIt = page.getByRole('button', { name: 'Say it', exact: true })
    await seek.fill('melt ponds')
    await sayIt.click()
    expect(await page.getByRole('alert').textContent()).toContain('name nothing by themselves')
    await page.getByRole('button', { name: 'Take it Melt ponds' }).click()
    expect(await main(page)).toContain('“Melt ponds” is taken.')
    await page.getByLabel('Its relation to this dataset').selectOption('is-derived-from')
    await sayIt.click()
    await seek.fill('https://doi.org/10.5555/Drift-Paper')
    await page.getByLabel(/^Where that can be seen/).fill('https://example.org/page-3')
    await sayIt.click()
    const rows = page.locator('.citations li')
    expect(await rows.count()).toBe(2)
    expect(await rows.first().textContent()).toMatch(/doi:10\.5555\/drift-paper.*cites.*says a third party/)
    expect(await rows.first().getByRole('link', { name: 'evidence' }).getAttribute('href')).toBe(
      'https://example.org/page-3',
    )
    expect(await rows.nth(1).textContent()).toMatch(/Melt ponds.*is derived from.*says its owner/)
    await page.goto(site.url + dataset)
    await page.getByRole('link', { name: '2 citations' }).click()
    await rows.first().getByRole('button', { name: 'Take it back' }).click()
    expect(await rows.count()).toBe(1)
    // Nobody takes back what others say, but may dispute what is said of theirs.
    const hers = await open(ofOwner, `${dataset}/citations`)
    expect(await hers.getByRole('button', { name: 'Take it back' }).count()).toBe(0)
    await hers.getByRole('button', { name: 'Dispute', exact: true }).click()
    await page.reload()
    expect(await rows.first().locator('.badge.warm').textContent()).toBe('disputed')
    expect(await page.getByRole('button', { name: 'Dispute' }).count()).toBe(0)
    await Promise.all([page.close(), hers.close()])
  })

  it('shows beside whom a dataset names whether they confirm or dispute it', async () => {
    await putRecord(owner, 'dataset.entry', 'joint', {
      title: 'Joint cruise',
      publisher: { name: 'Bucket Institute', did: guest.did },
      creators: [{ name: 'A. Tester', did: guest.did }],
    })
    const path = `/d/${owner.account.handle}/joint`
    await world.until(
      () => world.appview.services.index.status(),
      ({ counts }) => counts[nsid('dataset.entry')] === 3,
    )
    const page = await open(ofGuest, path)
    const hers = await open(ofOwner, path)
    expect(await main(page)).toContain('names you as publisher and creator')
    expect(await hers.locator('.named-here').count()).toBe(0)
    await page.getByRole('button', { name: 'Confirm', exact: true }).click()
    for (const [button, badge] of [
      ['Dispute', 'confirmed'],
      ['Disputed', 'disputed'],
    ] as const) {
      await hers.reload()
      expect(await hers.locator('.meta .badge').textContent()).toBe(badge)
      expect(
        await hers.locator('section', { hasText: 'Creators' }).locator('.badge').last().textContent(),
      ).toBe(badge)
      await page.getByRole('button', { name: button, exact: true }).click()
    }
    await hers.reload()
    expect(await hers.locator('.meta .badge').count()).toBe(0)
    await Promise.all([page.close(), hers.close()])
  })

  it('tells the owner of it, with the number in the header, until it is read', async () => {
    const page = await open(ofOwner, '/notifications')
    const inbox = page.locator('.inbox')
    expect(await inbox.textContent()).toMatch(/Notifications\d+ new/)
    const told = (await page.locator('.news').allTextContents()).join('\n')
    expect(told).toContain('Ttester.icebucket.test')
    for (const deed of [
      'follows you',
      'opened Gap in March',
      'proposed a correction of Drift',
      'cited Drift',
    ])
      expect(told).toContain(deed)
    await page.getByRole('link', { name: 'Issues', exact: true }).click()
    expect(await page.locator('.news').count()).toBe(1)
    await page.getByRole('link', { name: /^Gap in March/ }).click()
    expect(await page.locator('h1').textContent()).toContain('Gap in March')

    await page.goto(`${site.url}/settings`)
    await page.getByLabel('somebody opens an issue about your datasets').uncheck()
    await page.locator('form', { hasText: 'Tell me when' }).getByRole('button', { name: 'Save' }).click()
    expect(await page.getByRole('status').textContent()).toBe('Saved.')
    expect(await page.getByLabel('somebody opens an issue about your datasets').isChecked()).toBe(false)
    await page.goto(`${site.url}/notifications`)
    expect(await page.locator('.news', { hasText: 'Gap in March' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Mark all as read' }).click()
    expect(await inbox.textContent()).toBe('Notifications')
    expect(await main(page)).toContain('All of it is read')
    await page.close()
  })

  it('tells who proposed and reported what became of it', async () => {
    const page = await open(ofGuest, '/notifications')
    const told = (await page.locator('.news').allTextContents()).join('\n')
    for (const deed of [
      'adopted a correction of Drift of Arctic sea ice in version 1.1',
      'declined a correction of Drift of Arctic sea ice',
      'accepted a correction of Drift of Arctic sea ice',
      'closed an issue about Drift of Arctic sea ice, as fixed',
    ])
      expect(told).toContain(deed)
    await page.getByRole('link', { name: 'Issues settled' }).click()
    await page.getByRole('link', { name: 'an issue', exact: true }).click()
    expect(await page.locator('h1').textContent()).toContain('Gap in March')
    await page.close()
  })

  it('sends e-mail to an address once the link sent there was opened', async () => {
    const page = await open(ofGuest, '/settings')
    const save = page.locator('form', { hasText: 'How often' }).getByRole('button', { name: 'Save' })
    await page.getByLabel('Address').fill('guest@nowhere')
    await save.click()
    expect(await page.getByRole('alert').textContent()).toContain("'guest@nowhere'")
    expect(await page.getByLabel('Address').inputValue()).toBe('guest@nowhere')
    await page.getByLabel('Address').fill('guest@example.org')
    await page.getByLabel('How often').selectOption('weekly')
    await save.click()
    expect(await main(page)).toContain('A link was sent to guest@example.org')
    const { to, body } = mail.taken.at(-1)!
    expect(to).toBe('guest@example.org')
    await page.goto(/http\S+\/mail\/confirm\?token=[\w-]+/.exec(body)![0])
    await page.getByRole('button').click()
    await page.goto(`${site.url}/settings`)
    expect(await main(page)).not.toContain('A link was sent')
    expect(await page.getByLabel('How often').inputValue()).toBe('weekly')
    await page.getByLabel('Address').fill('')
    await save.click()
    expect(await page.getByLabel('Address').inputValue()).toBe('')
    await page.close()
  })

  it('brings to the feed what becomes of what one follows', async () => {
    await putRecord(owner, 'dataset.entry', 'thickness', {
      title: 'Thickness of sea ice',
      createdAt: new Date().toISOString(),
    })
    await world.until(
      () => world.appview.services.index.status(),
      ({ counts }) => counts[nsid('dataset.entry')] === 4,
    )
    const page = await open(ofGuest, '/feed')
    expect(await page.locator('.news').first().textContent()).toContain('published Thickness of sea ice')
    await page.getByRole('link', { name: 'What you follow' }).click()
    expect(await main(page)).toContain('Ice Laboratory')
    await page.close()
  })

  it('keeps collections: begun with a dataset, edited, followed, deleted', async () => {
    const page = await open(ofGuest, dataset)
    await page.getByRole('link', { name: 'Collect', exact: true }).click()
    await page.getByLabel('Title').fill('Polar')
    await page.getByLabel('What belongs in it').fill(`Ice and *snow* ${HOSTILE}`)
    await page.getByRole('button', { name: 'Begin it' }).click()
    await page.getByRole('button', { name: /^Take it out/ }).click()
    await page.getByRole('button', { name: /^Put it in/ }).click()
    await page.getByRole('link', { name: 'Polar' }).click()
    expect(await page.locator('article.tile').count()).toBe(1)
    expect(await page.locator('main script, main img').count()).toBe(0)
    const address = new URL(page.url()).pathname

    const hers = await open(ofOwner, address)
    expect(await hers.getByRole('link', { name: 'Edit' }).count()).toBe(0)
    await hers.getByRole('button', { name: /^Follow/ }).click()
    await hers.goto(`${site.url}/following`)
    expect(await main(hers)).toContain('Polar collection, one dataset')
    expect((await hers.goto(`${site.url}${address}/edit`))?.status()).toBe(403)

    await page.getByRole('link', { name: 'Edit' }).click()
    await page.getByLabel('Title').fill('The poles')
    await page.getByRole('button', { name: 'Save' }).click()
    expect(await page.locator('h1').textContent()).toBe('The poles')
    await page.getByRole('link', { name: 'Edit' }).click()
    await page.getByRole('button', { name: /^Take it out/ }).click()
    await page.locator('summary', { hasText: 'Delete the collection' }).click()
    await page.getByRole('button', { name: 'Delete it' }).click()
    expect(await main(page)).toContain('No collection yet')
    await Promise.all([page.close(), hers.close()])
  })

  it('reports what somebody wrote, and folds it until the account is muted no more', async () => {
    const page = await open(ofOwner, `${dataset}/discussion`)
    const hers = page.locator('.comment', { hasText: 'Twice' })
    await hers.locator('summary', { hasText: 'Report or mute' }).click()
    await hers.getByRole('button', { name: /^Mute/ }).click()
    expect(await hers.locator('details', { hasText: 'You have muted this account' }).count()).toBe(1)
    await hers.locator('summary', { hasText: 'Report or mute' }).click()
    await hers.getByLabel(/^Report it/).selectOption('Spam or advertising')
    await hers.getByLabel('What they should know').fill('Said twice')
    await hers.getByRole('button', { name: 'Report', exact: true }).click()
    expect(await page.locator('h1').textContent()).toBe('Reported')
    expect(await world.appview.services.index.moderation.reports('open', 10)).toMatchObject([
      { subject: expect.stringContaining(guest.did), reason: 'Said twice', reporter: owner.did },
    ])
    await page.getByRole('link', { name: 'Back to where you were' }).click()
    expect(new URL(page.url()).pathname).toBe(`${dataset}/discussion`)
    await page.goto(`${site.url}/settings`)
    await page.getByRole('button', { name: /^Unmute/ }).click()
    expect(await main(page)).toContain('You have muted nobody')
    await page.close()
  })

  it('does nothing that another site asks for', async () => {
    for (const path of ['/follow', '/endorse', `${dataset}/discussion`, `${dataset}/issues/new`]) {
      const answer = await ofGuest.request.post(site.url + path, {
        form: { kind: 'account', subject: owner.did, do: 'follow', action: 'say', text: 'x' },
        headers: { 'sec-fetch-site': 'cross-site', origin: site.url },
        maxRedirects: 0,
      })
      expect(answer.status()).toBe(403)
    }
    const elsewhere = await ofGuest.request.post(`${site.url}/follow`, {
      form: { kind: 'account', subject: owner.did, do: 'follow', return_to: '//evil.example' },
      headers: { 'sec-fetch-site': 'same-origin' },
      maxRedirects: 0,
    })
    expect(elsewhere.headers().location).toBe('/')
  })

  it('has no violation of WCAG 2.2 AA that axe finds, in light and dark, on a desk and on a phone', async () => {
    await using context = await visitor(browser)
    await context.addCookies(await ofGuest.cookies(site.url))
    const page = await context.newPage()
    const profile = `/p/${owner.account.handle}`
    const paths = [
      ...['', '/discussion', '/issues', '/issues/new', '/corrections', '/corrections/new', '/collect'].map(
        path => dataset + path,
      ),
      ...['', '/credit', '/following', '/followers', '/collections'].map(path => profile + path),
      ...['/feed', '/notifications', '/settings', '/c/new'],
    ]
    for (const path of paths) {
      await page.goto(site.url + path)
      // Contrast does not hang on the size, nor the size of targets on the colours.
      for (const [width, scheme] of [
        [1280, 'light'],
        [390, 'dark'],
      ] as const) {
        await page.setViewportSize({ width, height: 900 })
        expect(await violations(page, [scheme])).toEqual([])
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        expect(overflow, `${path} at ${width}`).toBeLessThanOrEqual(0)
      }
      expect(await page.locator('h1').count(), path).toBe(1)
      expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined()
    }
  }, 180_000)
})
