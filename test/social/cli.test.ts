/** Taking part from the command line: two people on two PDSes discuss, correct, endorse, follow and hear of it. */
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Frost, frostFor, type Ran } from '../cli/run-frost.ts'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'

type Person = Awaited<ReturnType<typeof newAccount>>
interface Thread {
  readonly comments: { uri: string; record: Record<string, never> }[]
  readonly issue?: { state: string; stateReason?: string }
}

describe('the command line takes part', () => {
  let world: Stand
  let ada: Person
  let lin: Person
  let asAda: Frost
  let asLin: Frost
  let ref: string
  let entry: { uri: string; cid: string }
  beforeAll(async () => {
    world = await stand()
    ada = await newAccount(world.network, 'ada-l.icehub.test')
    lin = await newAccount(world.network, 'lin.icebucket.test')
    const signedIn = async ({ account }: Person) => {
      const frost = frostFor({
        plcUrl: world.network.plcUrl,
        service: account.service,
        appviewUrl: world.appview.url,
      })
      const ran = await frost(['login', account.handle, '--app-password'], { input: `${account.password}\n` })
      expect(ran.stderr).toBe('')
      return frost
    }
    ;[asAda, asLin] = await Promise.all([signedIn(ada), signedIn(lin)])
    ref = `at://${ada.did}/${nsid('dataset.entry')}/cruise-12`
    entry = await putRecord(ada, 'dataset.entry', 'cruise-12', {
      title: 'CTD casts of cruise 21',
      subjects: [{ term: 'oceanography' }],
    })
    await world.until(
      () => world.ask('service.describeService'),
      answer => (answer as { counts: Record<string, number> }).counts[nsid('dataset.entry')]! > 0,
    )
  }, 90_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  const json = (ran: Ran) => {
    expect(ran.stderr).toBe('')
    expect(ran.status).toBe(0)
    return ran.json as { uri: string }
  }
  const thread = (uri: string, wanted: (answer: Thread) => boolean) =>
    world.until(() => world.ask<Thread>('discussion.getThread', { uri }), wanted)

  it('comments, answers, and tells who is mentioned', async () => {
    const first = json(await asLin(['comment', ref, 'Which depth is the first level?', '--json']))
    const answer = json(await asAda(['comment', first.uri, 'Ten metres, @lin.icebucket.test', '--json']))
    const { comments } = await thread(ref, ({ comments: all }) => all.length === 2)
    expect(comments.map(({ uri }) => uri)).toEqual([first.uri, answer.uri])
    expect(comments[1]!.record).toMatchObject({
      root: { uri: first.uri },
      parent: { uri: first.uri },
      facets: [{ did: lin.did, byteStart: 12, byteEnd: 31 }],
    })
    const told = (await asLin(['notifications', '--seen', '--json'])).json
    expect(told).toMatchObject({ unread: 1, notifications: [{ reason: 'mention', uri: answer.uri }] })
    const people = await asLin(['notifications'])
    expect(people.stdout).toMatch(/ada-l\.icehub\.test mentioned you in CTD casts[\s\S]*0 unread/)
  })

  it('reports an issue, lists it, settles it', async () => {
    const issue = json(
      await asLin(['issue', ref, 'Gap in 2014', '--label', 'quality', '--text', 'All missing', '--json']),
    )
    await thread(issue.uri, () => true).catch(() => undefined)
    await world.until(
      () => world.ask<{ issues: unknown[] }>('discussion.listIssues', { subject: ref }),
      ({ issues }) => issues.length === 1,
    )
    expect((await asAda(['issue', 'cruise-12'])).stdout).toMatch(/open\s+Gap in 2014\s+lin\.icebucket\.test/)
    json(await asAda(['issue', issue.uri, '--close', '--state', 'fixed', '--reason', 'In v2', '--json']))
    const { issue: shown } = await thread(issue.uri, answer => answer.issue?.state === 'fixed')
    expect(shown).toMatchObject({ stateReason: 'In v2' })
    const foreign = await asAda(['issue', issue.uri, '--label', 'mine'])
    expect(foreign).toMatchObject({ status: 1, stderr: expect.stringContaining('is not your issue') })
    json(await asLin(['issue', issue.uri, '--unlabel', 'quality', '--label', 'answered', '--json']))
    const untitled = await asLin(['issue', ref, '--close'])
    expect(untitled).toMatchObject({ status: 2, stderr: expect.stringContaining('is no issue') })
  })

  it('proposes a correction, which its owner accepts in one commit', async () => {
    const change = ['--title', 'CTD casts of cruise 12', '--unset', 'subjects']
    const dry = await asLin(['correct', ref, ...change, '--because', 'Wrong number', '--dry-run'])
    expect(dry.stdout).toMatch(/test\s+\/title[\s\S]*replace\s+\/title[\s\S]*remove\s+\/subjects/)
    const correction = json(await asLin(['correct', ref, ...change, '--because', 'Wrong number', '--json']))
    expect(await asLin(['correct', correction.uri, '--accept'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is not yours'),
    })
    // The record changes meanwhile, elsewhere: the correction still can be made.
    await putRecord(ada, 'dataset.entry', 'cruise-12', {
      title: 'CTD casts of cruise 21',
      subjects: [{ term: 'oceanography' }],
      language: 'en',
    })
    json(await asAda(['correct', correction.uri, '--accept', '--note', 'Thank you', '--json']))
    const { data } = await ada.agent.com.atproto.repo.getRecord({
      repo: ada.did,
      collection: nsid('dataset.entry'),
      rkey: 'cruise-12',
    })
    expect(data.value).toMatchObject({ title: 'CTD casts of cruise 12', language: 'en' })
    expect(data.value).not.toHaveProperty('subjects')
    const { corrections } = await world.until(
      () => world.ask<{ corrections: { state: string }[] }>('discussion.listCorrections', { subject: ref }),
      answer => answer.corrections[0]?.state === 'adopted',
    )
    expect(corrections).toMatchObject([{ stateBy: { did: ada.did }, stateReason: 'Thank you' }])
    const again = await asAda(['correct', correction.uri, '--accept'])
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('something else there by now') })
  })

  it('proposes data by a fork; declines, and withdraws', async () => {
    const fork = json(
      await asLin([
        'correct',
        ref,
        '--fork',
        's3://lin/cruise-12.zarr',
        '--pin',
        'etag:abc',
        '--because',
        'Calibrated anew',
        '--json',
      ]),
    )
    expect(await asAda(['correct', fork.uri, '--accept'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--corrects'),
    })
    json(await asAda(['correct', fork.uri, '--decline', '--note', 'Not reproducible', '--json']))
    const other = json(await asLin(['correct', ref, '--title', 'Casts', '--because', 'Shorter', '--json']))
    json(await asLin(['correct', other.uri, '--withdraw', '--json']))
    await world.until(
      () => world.ask<{ corrections: { state: string }[] }>('discussion.listCorrections', { subject: ref }),
      ({ corrections }) => corrections.map(({ state }) => state).join() === 'withdrawn,declined,adopted',
    )
    expect((await asLin(['correct', ref])).stdout).toMatch(
      /withdrawn\s+Shorter\s+\/title[\s\S]*declined\s+Calibrated anew\s+data/,
    )
  })

  it('says what cites a dataset, lists who does, and takes it back', async () => {
    const add = ['--add', 'https://doi.org/10.5194/Essd-1', '--relation', 'documents', '--json']
    const said = json(await asLin(['citations', ref, ...add]))
    expect(json(await asLin(['citations', ref, ...add]))).toMatchObject({ uri: said.uri, existed: true })
    expect(await asLin(['citations', ref, '--add', '10.5194/x', '--relation', 'is like'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("the relation is 'is like'"),
    })
    expect(await asLin(['citations', ref, '--add', ref])).toMatchObject({ status: 2 })
    const { citations } = await world.until(
      () => world.ask<{ citations: object[] }>('graph.listCitations', { subject: ref }),
      answer => answer.citations.length === 1,
    )
    expect(citations).toMatchObject([
      { assertedBy: 'third-party', relation: 'documents', other: { id: 'doi:10.5194/essd-1' } },
    ])
    const listed = await asAda(['citations', ref])
    expect(listed.stdout).toMatch(/doi:10\.5194\/essd-1[\s\S]*documents[\s\S]*third party/)
    expect((await asLin(['citations', '10.5194/essd-1', '--made'])).stdout).toContain('CTD casts')
    expect(await asAda(['citations', ref, '--remove', said.uri])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is not yours'),
    })
    json(await asLin(['citations', ref, '--remove', said.uri, '--json']))
    await world.until(
      () => world.ask<{ citations: object[] }>('graph.listCitations', { subject: ref }),
      answer => answer.citations.length === 0,
    )
  })

  it('confirms or disputes, on another server, what a record says of oneself', async () => {
    const named = await putRecord(ada, 'dataset.entry', 'joint', {
      title: 'Joint cruise',
      publisher: { name: 'Lin Institute', did: lin.did },
      creators: [{ name: 'Ada', did: ada.did }],
    })
    const words = (wanted: readonly string[]) =>
      world.until(
        () =>
          world
            .ask<{
              entry: { acknowledgements?: { status: string; part: string; author: { did: string } }[] }
            }>('dataset.getEntry', { uri: named.uri })
            .catch(() => undefined),
        answer =>
          answer !== undefined &&
          (answer.entry.acknowledgements ?? []).map(({ status }) => status).join() === wanted.join(),
      )
    const said = json(await asLin(['acknowledge', named.uri, '--json']))
    expect(said).toMatchObject({ part: lin.did, status: 'accepted', claim: named.uri })
    const answer = await words(['accepted'])
    expect(answer?.entry.acknowledgements).toMatchObject([{ part: lin.did, author: { did: lin.did } }])
    const disputed = json(await asLin(['acknowledge', named.uri, '--dispute', '--note', 'Not us', '--json']))
    expect(disputed.uri).toBe(said.uri)
    await words(['disputed'])
    expect((await asAda(['notifications'])).stdout).toMatch(
      /disputes what you say of Joint cruise\n\s+Not us/,
    )
    json(await asLin(['acknowledge', named.uri, '--withdraw', '--json']))
    await words([])
    expect(await asAda(['acknowledge', named.uri])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('your own word'),
    })
    expect(await asLin(['acknowledge', ref])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('names neither you'),
    })
  })

  it('endorses, and takes it back', async () => {
    json(await asLin(['endorse', ref, '--kind', 'reproduced', '--evidence', '10.5281/zenodo.1234', '--json']))
    expect((await asLin(['endorse', ref, '--kind', 'reproduced', '--json'])).json).toMatchObject({
      existed: true,
    })
    await world.until(
      () => world.ask<{ counts: unknown[] }>('discussion.listEndorsements', { subject: ref }),
      ({ counts }) => counts.length === 1,
    )
    expect((await asLin(['endorse', ref, '--remove', '--json'])).json.deleted).toHaveLength(1)
    expect(await asLin(['endorse', ref, '--kind', 'nice'])).toMatchObject({ status: 2 })
  })

  it('follows a search and a dataset, reads the feed, and mutes', async () => {
    json(await asLin(['follow', '--search', 'q=glacier+mass', '--title', 'Glaciers', '--json']))
    json(await asLin(['follow', ref, '--json']))
    const glacier = await putRecord(ada, 'dataset.entry', 'glacier', { title: 'Mass of the glacier' })
    const version = await putRecord(ada, 'dataset.version', '3kaaaaaaaaaaa', {
      dataset: ref,
      entry,
      version: 'v1',
      releasedAt: new Date().toISOString(),
    })
    await world.until(
      () => world.ask<{ versions: unknown[] }>('dataset.listVersions', { entry: ref }),
      ({ versions }) => versions.length === 1,
    )
    await world.appview.services.index.searchable()
    const { items } = (await asLin(['feed', '--json'])).json as { items: { uri: string; via: string }[] }
    expect(items.map(({ uri }) => uri)).toEqual(expect.arrayContaining([glacier.uri, version.uri]))
    expect(items.find(({ uri }) => uri === glacier.uri)?.via).toBe('q=glacier+mass')
    json(await asLin(['mute', ada.account.handle, '--json']))
    expect((await asLin(['feed'])).stdout).toMatch(/Nothing yet/)
    expect((await asLin(['mute'])).stdout).toContain(ada.did)
    json(await asLin(['unfollow', '--search', 'q=glacier+mass', '--json']))
    expect(await asLin(['follow'])).toMatchObject({ status: 2 })
  })
})
