/** Threads, issues, corrections and endorsements, and what a dataset's owner makes of them; on both engines. */
import type { Index } from '@frost/index'
import { definition, nsid } from '@frost/lexicon'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { ENGINES } from '../index/engines.ts'
import { freshIndexes } from '../index/fresh-indexes.ts'
import { ALICE, account, BOB, Events } from '../index/network-of.ts'
import { CAROL, Talk, tid } from './talk.ts'

describe.each(ENGINES)('the discussion on %s', engine => {
  const { fresh } = freshIndexes(engine)
  let index: Index
  let events: Events
  let talk: Talk
  let entry: { uri: string; cid: string }
  beforeEach(async () => {
    index = await fresh()
    events = new Events()
    talk = new Talk(index, events)
    entry = await talk.say(ALICE, 'dataset.entry', 'ice', { title: 'Sea ice' })
  })
  let said = 0
  const comment = (did: string, text: string, more: object = {}) =>
    talk.say(did, 'discussion.comment', tid(++said), { subject: entry.uri, text, ...more })
  const issue = (did: string, title: string, subject = entry.uri) =>
    talk.say(did, 'discussion.issue', tid(++said), { subject, title })
  const settle = (did: string, uri: string, state: string, more: object = {}) =>
    talk.say(did, 'discussion.issueState', tid(++said), { issue: uri, state, ...more })
  const gate = (more: object) => talk.say(ALICE, 'discussion.gate', 'ice', { subject: entry.uri, ...more })
  const release = (more: object = {}) =>
    talk.say(ALICE, 'dataset.version', tid(++said), {
      dataset: entry.uri,
      entry,
      version: `v${said}`,
      releasedAt: talk.now,
      ...more,
    })
  const texts = async (uri = entry.uri, params: object = {}) => {
    const { comments } = await talk.ask('getThread', { uri, ...params })
    return comments.map(({ record }: { record: { text: string } }) => record.text)
  }
  const counts = async () => (await talk.ask('getEntry', { uri: entry.uri })).entry.counts
  const states = async (state?: string) => {
    const { issues } = await talk.ask('listIssues', { subject: entry.uri, ...(state && { state }) })
    return Object.fromEntries(
      issues.map((one: { issue: { record: { title: string } }; state: string }) => [
        one.issue.record.title,
        one.state,
      ]),
    )
  }

  it('keeps a thread in order, with what answers what; that of an issue stands apart', async () => {
    const first = await comment(BOB, 'first')
    const reply = await comment(ALICE, 'reply', { root: first, parent: first })
    await comment(CAROL, 'reply to the reply', { root: first, parent: reply })
    const version = await release()
    await comment(CAROL, 'on the version', { subject: version.uri })
    const asked = await issue(BOB, 'Gap in 2014')
    await comment(ALICE, 'on the issue', { root: asked, parent: asked })

    expect(await texts()).toEqual(['first', 'reply', 'reply to the reply', 'on the version'])
    expect(await texts(first.uri)).toEqual(['reply', 'reply to the reply'])
    expect(await texts(reply.uri)).toEqual(['reply to the reply'])
    expect(await texts(version.uri)).toEqual(['on the version'])
    expect(await texts(asked.uri)).toEqual(['on the issue'])
    const thread = await talk.ask('getThread', { uri: first.uri })
    expect(thread).toMatchObject({ dataset: entry.uri, comment: { uri: first.uri, replyCount: 2 } })
    const asking = await talk.ask('getThread', { uri: asked.uri })
    expect(asking.issue).toMatchObject({ state: 'open', issue: { replyCount: 1, subjectUri: entry.uri } })
    expect(await counts()).toMatchObject({ comments: 4, issues: 1, openIssues: 1, corrections: 0 })
  })

  it('pages through a thread without losing or repeating, while it grows', async () => {
    const all = Array.from({ length: 7 }, (_, place) => `comment ${place}`)
    for (const text of all) await comment(BOB, text)
    const seen: string[] = []
    for (let cursor: string | undefined; ; ) {
      const page = await talk.ask('getThread', { uri: entry.uri, limit: 3, ...(cursor && { cursor }) })
      seen.push(...page.comments.map(({ record }: { record: { text: string } }) => record.text))
      if (seen.length === 3) await comment(CAROL, 'late')
      cursor = page.cursor
      if (!cursor) break
    }
    expect(seen).toEqual([...all, 'late'])
    await expect(talk.ask('getThread', { uri: entry.uri, cursor: 'bad' })).rejects.toThrow('cursor')
    await expect(talk.ask('getThread', { uri: `${entry.uri}-2` })).rejects.toMatchObject({
      name: 'SubjectNotFound',
    })
  })

  it('shows an edited comment as edited, and takes out what is deleted or of an account that is away', async () => {
    await comment(BOB, 'rash')
    await talk.say(BOB, 'discussion.comment', tid(said), {
      subject: entry.uri,
      text: 'considered',
      createdAt: talk.now,
    })
    await comment(CAROL, 'hers')
    const { comments } = await talk.ask('getThread', { uri: entry.uri })
    expect(comments).toMatchObject([{ edited: true, record: { text: 'considered' } }, {}])
    await index.store.apply(events.batch([account(CAROL, false, 'deactivated')]))
    expect(await texts()).toEqual(['considered'])
    expect((await counts()).comments).toBe(1)
    await index.store.apply(events.batch([account(CAROL, true)]))
    expect(await texts()).toEqual(['considered', 'hers'])
    await talk.unsay(BOB, 'discussion.comment', tid(said - 1))
    expect(await texts()).toEqual(['hers'])
  })

  it("lets the owner hide, lock and limit; nobody else's gate means anything", async () => {
    const rude = await comment(BOB, 'rude')
    await talk.say(BOB, 'discussion.gate', 'ice', { subject: entry.uri, locked: true, hidden: [entry] })
    await comment(CAROL, 'before the lock')
    await gate({ hidden: [{ uri: rude.uri, reason: 'Be kind' }], locked: true, lockedAt: talk.now })
    await comment(CAROL, 'after the lock')
    await comment(ALICE, 'the owner may')
    const { comments, locked, notShown } = await talk.ask('getThread', { uri: entry.uri })
    expect({ locked, notShown }).toEqual({ locked: true, notShown: 1 })
    expect(comments).toMatchObject([
      { uri: rude.uri, hidden: true, hiddenReason: 'Be kind' },
      { record: { text: 'before the lock' } },
      { record: { text: 'the owner may' } },
    ])
    expect((await counts()).comments).toBe(4)

    // Without the time of the lock, it is locked since the gate was last written.
    await gate({ locked: true })
    await comment(CAROL, 'too late')
    expect(await talk.ask('getThread', { uri: entry.uri })).toMatchObject({ locked: true, notShown: 1 })
    await gate({})
    expect(await talk.ask('getThread', { uri: entry.uri })).not.toHaveProperty('locked')
    expect(await texts()).toHaveLength(5)
  })

  it('lets only those comment whom the owner follows, or whom the entry names, or nobody', async () => {
    await comment(BOB, 'of Bob')
    await comment(CAROL, 'of Carol')
    await comment(ALICE, 'of Alice')
    await talk.say(ALICE, 'graph.follow', 'bob', {
      subject: { $type: definition('actorSubject'), did: BOB },
    })
    await gate({ mayComment: 'followed' })
    expect(await texts()).toEqual(['of Bob', 'of Alice'])
    await talk.say(ALICE, 'dataset.entry', 'ice', {
      title: 'Sea ice',
      creators: [{ name: 'Carol', did: CAROL }],
    })
    await gate({ mayComment: 'contributors' })
    expect(await texts()).toEqual(['of Carol', 'of Alice'])
    await gate({ mayComment: 'nobody' })
    const thread = await talk.ask('getThread', { uri: entry.uri })
    expect(thread).toMatchObject({ mayComment: 'nobody', notShown: 2 })
    expect(await texts()).toEqual(['of Alice'])
  })

  it("takes an issue's state from its reporter and the dataset's owner alone, whoever spoke last", async () => {
    const gap = await issue(BOB, 'gap')
    const units = await issue(BOB, 'units', (await release()).uri)
    await settle(CAROL, gap.uri, 'closed')
    expect(await states()).toEqual({ gap: 'open', units: 'open' })
    await settle(ALICE, gap.uri, 'fixed', { reason: 'in v2' })
    await settle(BOB, units.uri, 'closed')
    expect(await states()).toEqual({})
    expect(await states('closed')).toEqual({ gap: 'fixed', units: 'closed' })
    await settle(BOB, gap.uri, 'open')
    await settle(CAROL, gap.uri, 'wont-fix')
    expect(await states('all')).toEqual({ gap: 'open', units: 'closed' })
    expect(await counts()).toMatchObject({ issues: 2, openIssues: 1 })
    const { issue: shown } = await talk.ask('getThread', { uri: units.uri })
    expect(shown).toMatchObject({ state: 'closed', stateBy: { did: BOB } })
  })

  it('law: the list, the count and the words of those whose words count agree, after any history', async () => {
    const asked = await issue(BOB, 'asked')
    const word = fc.record({
      did: fc.constantFrom(ALICE, BOB, CAROL),
      state: fc.constantFrom('open', 'closed', 'fixed', 'odd\u0000word', 'reopen'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 4 }), async words => {
        for (const { did, state } of words) await settle(did, asked.uri, state)
        const all = (await talk.ask('listIssues', { subject: entry.uri, state: 'all' })).issues
        const open = (await talk.ask('listIssues', { subject: entry.uri })).issues
        const last = words.findLast(({ did }) => did !== CAROL)
        if (last) expect(all[0].state).toBe(last.state)
        expect(open).toHaveLength(all[0].state === 'open' ? 1 : 0)
        expect((await counts()).openIssues).toBe(open.length)
      }),
      { numRuns: 8 },
    )
  })

  it('follows a correction from open to adopted, declined or withdrawn', async () => {
    const propose = (did: string) =>
      talk.say(did, 'discussion.correction', tid(++said), {
        target: entry,
        rationale: 'The title is wrong',
        patch: [{ op: 'replace', path: '/title', valueJson: '"Sea ice extent"' }],
      })
    const acknowledge = (did: string, claim: object, status: string, rkey = tid(++said)) =>
      talk.say(did, 'graph.acknowledgement', rkey, { claim, status, note: 'so be it' })
    const [a, b, c, d] = [await propose(BOB), await propose(BOB), await propose(CAROL), await propose(CAROL)]
    const list = async (state?: string) => {
      const params = { subject: entry.uri, ...(state && { state }) }
      const { corrections } = await talk.ask('listCorrections', params)
      return corrections.map((one: { correction: { uri: string }; state: string }) => [
        one.correction.uri,
        one.state,
      ])
    }
    await acknowledge(BOB, c!, 'disputed')
    expect((await list()).map(([, state]: string[]) => state)).toEqual(['open', 'open', 'open', 'open'])
    expect((await counts()).corrections).toBe(4)
    const version = await release({ corrects: [a] })
    await acknowledge(ALICE, b!, 'disputed')
    await acknowledge(CAROL, c!, 'withdrawn')
    await acknowledge(ALICE, d!, 'accepted', 'dd')
    expect(await list()).toEqual([
      [d!.uri, 'adopted'],
      [c!.uri, 'withdrawn'],
      [b!.uri, 'declined'],
      [a!.uri, 'adopted'],
    ])
    const { correction } = await talk.ask('getThread', { uri: a!.uri })
    expect(correction).toMatchObject({ adoptedIn: version.uri, stateBy: { did: ALICE } })
    const declined = await talk.ask('listCorrections', { subject: entry.uri, state: 'declined' })
    expect(declined.corrections).toMatchObject([{ stateReason: 'so be it' }])
    expect((await counts()).corrections).toBe(0)
    await acknowledge(ALICE, d!, 'withdrawn', 'dd')
    expect(await list('open')).toEqual([[d!.uri, 'open']])
    await talk.unsay(CAROL, 'discussion.correction', d!.uri.split('/').at(-1)!)
    expect(await list('open')).toEqual([])
  })

  it('counts endorsements by what they say, an account once', async () => {
    const endorse = (did: string, kind: string, rkey: string, subject = entry) =>
      talk.say(did, 'discussion.endorsement', rkey, { subject, kind })
    await endorse(BOB, 'useful', 'a')
    await endorse(BOB, 'useful', 'b')
    await endorse(CAROL, 'reproduced', 'c', await release())
    await endorse(CAROL, 'useful', 'd')
    const { endorsements, counts: kinds } = await talk.ask('listEndorsements', { subject: entry.uri })
    expect(endorsements).toHaveLength(4)
    expect(kinds).toEqual([
      { kind: 'useful', count: 2 },
      { kind: 'reproduced', count: 1 },
    ])
    expect((await counts()).endorsements).toBe(2)
    const one = await talk.ask('listEndorsements', { subject: entry.uri, kind: 'reproduced' })
    expect(one.endorsements).toHaveLength(1)
  })

  it('survives what is written to break it', async () => {
    const hostile = 'x\u0000y'
    await comment(BOB, hostile, {
      root: { uri: `at://${BOB}/${nsid('discussion.issue')}/none`, cid: entry.cid },
    })
    await talk.say(BOB, 'discussion.endorsement', 'z', { subject: entry, kind: hostile })
    await talk.say(BOB, 'dataset.entry', 'z', {
      title: 'z',
      relatedItems: [{ ref: { $type: definition('recordRef'), uri: entry.uri }, relation: hostile }],
    })
    await talk.say(ALICE, 'discussion.gate', 'ice', { hidden: [{ uri: entry.uri }], mayComment: hostile })
    expect(await texts()).toEqual([])
    const { counts: kinds } = await talk.ask('listEndorsements', { subject: entry.uri })
    expect(kinds).toEqual([{ kind: 'xy', count: 1 }])
  })
})
