/** What an AppView keeps for people who sign their calls: feed, notifications, settings, mutes, and e-mail by a real mail server. */
import { definition } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { askAs, newAccount, putRecord, type Stand, stand, XrpcAnswer } from '../stand.ts'
import { MailServer } from './mail-server.ts'

const DAY = 86_400_000

interface Settings {
  readonly settings: { quietReasons: string[]; mailOffered: boolean; mail?: Record<string, string> }
}
interface Notifications {
  readonly notifications: { reason: string; isRead: boolean; uri: string }[]
  readonly unread: number
}

describe('an AppView and its readers', () => {
  let world: Stand
  let mails: MailServer
  let ada: Awaited<ReturnType<typeof newAccount>>
  let lin: Awaited<ReturnType<typeof newAccount>>
  let entry: { uri: string; cid: string }
  beforeAll(async () => {
    mails = await MailServer.open()
    world = await stand({ appview: { smtpUrl: mails.url, siteUrl: 'https://frost.example' } })
    ada = await newAccount(world.network, 'ada')
    lin = await newAccount(world.network, 'lin')
    entry = await putRecord(ada, 'dataset.entry', 'ice', { title: 'Sea <ice>\r\nBcc: x@example.org' })
    await putRecord(ada, 'graph.follow', 'lin', {
      subject: { $type: definition('actorSubject'), did: lin.did },
    })
  }, 60_000)
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
    await mails?.[Symbol.asyncDispose]()
  })

  const as = <Answer>(
    who: typeof ada,
    name: string,
    call: { params?: Record<string, string>; input?: object } = {},
  ) => askAs<Answer>(who, world.appview, name, call)
  const comment = (text: string) =>
    putRecord(lin, 'discussion.comment', tidOf(text), {
      subject: entry.uri,
      text,
      createdAt: new Date().toISOString(),
    })
  const tidOf = (text: string) =>
    `3l${text
      .replace(/[^a-z]/g, '')
      .padEnd(11, 'a')
      .slice(0, 11)}`
  const until = (wanted: (answer: Notifications) => boolean) =>
    world.until(() => as<Notifications>(ada, 'feed.listNotifications'), wanted)
  const service = () => world.appview.services.mail!
  const linkIn = (body: string, name: string) =>
    new RegExp(`http://[^\\s"<>]+/mail/${name}\\?token=[\\w-]+`).exec(body)![0]

  it('answers only who signs', async () => {
    for (const name of ['feed.getTimeline', 'feed.listNotifications', 'feed.getSettings', 'graph.listMutes'])
      await expect(world.ask(name)).rejects.toMatchObject({ status: 401, error: 'AuthMissing' })
  })

  it('tells over XRPC what one follows and what concerns one, and keeps the mark', async () => {
    const published = await putRecord(lin, 'dataset.entry', 'sea', { title: 'Sea level' })
    const { items } = await world.until(
      () => as<{ items: { uri: string; via: string }[] }>(ada, 'feed.getTimeline'),
      answer => answer.items.length > 0,
    )
    expect(items).toMatchObject([{ uri: published.uri, via: lin.did }])
    const written = await comment('first')
    const before = await until(({ unread }) => unread === 1)
    expect(before.notifications).toMatchObject([{ uri: written.uri, reason: 'comment', isRead: false }])
    await as(ada, 'feed.updateSeen', { input: { seenAt: '2999-01-01T00:00:00.000Z' } })
    expect(await as(ada, 'feed.listNotifications')).toMatchObject({
      unread: 0,
      notifications: [{ isRead: true }],
    })
    await comment('second')
    await until(({ unread }) => unread === 1)
  })

  it('keeps mutes to oneself', async () => {
    await as(ada, 'graph.muteActor', { input: { actor: lin.account.handle } })
    expect(await as(ada, 'feed.listNotifications')).toEqual({
      notifications: [],
      unread: 0,
      seenAt: expect.any(String),
    })
    expect(await as(ada, 'graph.listMutes')).toMatchObject({ mutes: [{ actor: { did: lin.did } }] })
    expect(await as(lin, 'graph.listMutes')).toEqual({ mutes: [] })
    await as(ada, 'graph.unmuteActor', { input: { actor: lin.did } })
    expect((await as<Notifications>(ada, 'feed.listNotifications')).unread).toBe(1)
  })

  it('sends nothing to an address before its link was opened and answered', async () => {
    const { settings } = await as<Settings>(ada, 'feed.putSettings', {
      input: { mailAddress: 'ada@example.org', mailFrequency: 'daily' },
    })
    expect(settings).toMatchObject({
      mailOffered: true,
      mail: { address: 'ada@example.org', frequency: 'daily', state: 'unconfirmed' },
    })
    expect(await as(lin, 'feed.getSettings')).toEqual({ settings: { quietReasons: [], mailOffered: true } })
    await service().look(Date.now() + DAY)
    expect(mails.taken).toMatchObject([{ to: 'ada@example.org' }])
    const link = linkIn(mails.taken[0]!.body, 'confirm')
    // Mail servers look at links: that answers nothing.
    expect((await fetch(link)).status).toBe(200)
    expect((await as<Settings>(ada, 'feed.getSettings')).settings.mail?.state).toBe('unconfirmed')
    expect((await fetch(link, { method: 'POST' })).status).toBe(200)
    expect((await as<Settings>(ada, 'feed.getSettings')).settings.mail?.state).toBe('confirmed')
    expect((await fetch(`${link}x`, { method: 'POST' })).status).toBe(404)
  })

  it('tells by e-mail what is new, once, and ends it by one click', async () => {
    await comment('third, with <b>markup</b>')
    await until(({ unread }) => unread === 2)
    await service().look(Date.now() + 1000)
    const mail = mails.taken[1]!
    expect(mails.taken).toHaveLength(2)
    expect(mail.to).toBe('ada@example.org')
    expect(mail.headers).not.toMatch(/^Bcc:/im)
    expect(mail.headers).toMatch(/^Subject: lin\.\S+ commented on Sea <ice> Bcc: x@example\.org/m)
    expect(mail.headers).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m)
    expect(mail.body).toContain('> third, with <b>markup</b>')
    expect(mail.body).toContain('third, with &#60;b&#62;markup')
    expect(mail.body).toContain(`https://frost.example/d/${ada.did}/ice`)
    await service().look(Date.now() + 2 * DAY)
    expect(mails.taken).toHaveLength(2)

    const link = /List-Unsubscribe: <([^>]+)>/.exec(mail.headers)![1]!
    const clicked = await fetch(link, { method: 'POST', body: 'List-Unsubscribe=One-Click' })
    expect(clicked.status).toBe(200)
    expect((await as<Settings>(ada, 'feed.getSettings')).settings.mail?.frequency).toBe('never')
    await comment('fourth')
    await until(({ unread }) => unread === 3)
    await service().look(Date.now() + 9 * DAY)
    expect(mails.taken).toHaveLength(2)
  })

  it('tries again what is not taken for now, and gives up what never will be', async () => {
    const forgetTold = () =>
      world.appview.services.index.database
        .updateTable('reader_mail')
        .set({ told_until: '2026-01-01' })
        .execute()
    const state = async () => (await as<Settings>(ada, 'feed.getSettings')).settings.mail?.state
    await as(ada, 'feed.putSettings', { input: { mailFrequency: 'soon' } })
    await forgetTold()
    mails.refusal = () => 451
    await service().look(Date.now() + DAY)
    expect(await state()).toBe('confirmed')
    mails.refusal = () => undefined
    await service().look(Date.now() + 2 * DAY)
    expect(mails.taken).toHaveLength(3)
    await forgetTold()
    mails.refusal = () => 550
    await service().look(Date.now() + 3 * DAY)
    expect(await state()).toBe('failing')
    mails.refusal = () => undefined
    await service().look(Date.now() + 4 * DAY)
    expect(mails.taken).toHaveLength(3)
  })

  it('sends a mail once more, under the same name, where it was killed before that was written down', async () => {
    await as(ada, 'feed.putSettings', { input: { mailAddress: '' } })
    await as(ada, 'feed.putSettings', { input: { mailAddress: 'ada2@example.org', mailFrequency: 'soon' } })
    await fetch(linkIn(mails.taken.at(-1)!.body, 'confirm'), { method: 'POST' })
    await comment('fifth')
    await until(({ notifications }) => notifications.some(({ uri }) => uri.endsWith(tidOf('fifth'))))
    const before = mails.taken.length
    const errors = vi
      .spyOn(world.appview.services.index.mail, 'told')
      .mockRejectedValueOnce(new Error('killed'))
    const now = Date.now() + 1000
    await service().look(now)
    errors.mockRestore()
    expect(mails.taken).toHaveLength(before + 1)
    await service().look(now + 60_000)
    expect(mails.taken).toHaveLength(before + 1)
    await service().look(now + 360_000)
    await service().look(now + DAY)
    expect(mails.taken).toHaveLength(before + 2)
    const [first, second] = mails.taken
      .slice(before)
      .map(({ headers }) => /^Message-ID: (.+)$/im.exec(headers)?.[1])
    expect(first).toMatch(/^<[0-9a-f]{32}@/)
    expect(second).toBe(first)
  })

  it('tells once what comes in while a round is under way, before it is the turn of a reader or after', async () => {
    const { mail } = world.appview.services.index
    const due = mail.due.bind(mail)
    const told = mail.told.bind(mail)
    const heard = async (text: string) => {
      await comment(text)
      await until(({ notifications }) => notifications.some(({ uri }) => uri.endsWith(tidOf(text))))
    }
    const rounds = [
      vi.spyOn(mail, 'due').mockImplementationOnce(async now => {
        const readers = await due(now)
        await heard('sixth')
        return readers
      }),
      vi.spyOn(mail, 'told').mockImplementationOnce(async (...given) => {
        await heard('seventh')
        await told(...given)
      }),
    ]
    const before = mails.taken.length
    await service().look(Date.now() + 2 * DAY)
    for (const round of rounds) round.mockRestore()
    await service().look(Date.now() + 3 * DAY)
    await service().look(Date.now() + 4 * DAY)
    const quotes = mails.taken
      .slice(before)
      .map(({ body }) => ['sixth', 'seventh'].filter(text => body.includes(`> ${text}`)))
    expect(quotes).toEqual([['sixth'], ['seventh']])
  })

  it('refuses what is no address, more labelers than one may choose, and to send links without end; forgets an address when asked', async () => {
    const put = (input: object) => as<Settings>(lin, 'feed.putSettings', { input })
    for (const mailAddress of [
      'nobody',
      'a@b',
      'a@example.org, b@example.org',
      'a@example.org\r\nBcc: b@c.d',
    ])
      await expect(put({ mailAddress })).rejects.toMatchObject({ error: 'InvalidAddress' })
    const labelers = Array.from({ length: 11 }, (_, n) => ({
      did: `did:web:labeler${n}.example`,
      labels: [],
    }))
    await expect(put({ labelers })).rejects.toMatchObject({ error: 'TooManyLabelers' })
    await expect(put({ mailFrequency: 'hourly' })).rejects.toBeInstanceOf(XrpcAnswer)
    for (let link = 0; link < 5; link++) await put({ mailAddress: `lin${link}@example.org` })
    await expect(put({ mailAddress: 'lin@example.org' })).rejects.toMatchObject({ error: 'TooManyMails' })
    const { settings } = await put({ mailAddress: '', quietReasons: ['follow'] })
    expect(settings).toEqual({ quietReasons: ['follow'], mailOffered: true })
  })
})
