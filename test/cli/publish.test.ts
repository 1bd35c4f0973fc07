import { AtpAgent } from '@atproto/api'
import { Repository } from '@frost/client/repository'
import { restoreSession } from '@frost/client/session'
import { settingsFromEnv } from '@frost/client/settings'
import { definition, lexiconDocuments, nsid } from '@frost/lexicon'
import { publishLexicons } from '@frost/network/lexicon-publisher'
import { testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approveSignIn } from './approve-sign-in.ts'
import { type Frost, frostFor, type Ran } from './run-frost.ts'

type Network = Awaited<ReturnType<typeof testNetwork>>
type Account = Awaited<ReturnType<Network['createAccount']>>

let network: Network
let ada: Account
let agent: AtpAgent
let frost: Frost

beforeAll(async () => {
  network = await testNetwork()
  ada = await network.createAccount({ handle: 'ada-l.icehub.test' })
  agent = new AtpAgent({ service: ada.service })
  await agent.login({ identifier: ada.did, password: ada.password })
  frost = frostFor({ plcUrl: network.plcUrl, service: ada.service })
})

afterAll(() => network?.[Symbol.asyncDispose]())

async function record(collection: string, rkey: string) {
  const { data } = await agent.com.atproto.repo.getRecord({ repo: ada.did, collection, rkey })
  return { cid: data.cid, value: data.value as Record<string, never> }
}

describe('from sign-in to a citable version and back, verified with the stock client', () => {
  it('signs in with an app password from standard input', async () => {
    const wrong = await frost(['login', ada.handle, '--app-password'], { input: 'nope\n' })
    expect(wrong.status).toBe(1)
    expect(wrong.stderr).toMatch(/password for 'ada-l\.icehub\.test' was refused/)

    const right = await frost(['login', ada.handle, '--app-password', '--json'], {
      input: `${ada.password}\n`,
    })
    expect(right.stderr).toBe('')
    expect(right.json).toMatchObject({ did: ada.did, handle: ada.handle, method: 'password' })
    expect((await frost(['whoami', '--json'])).json).toMatchObject({ did: ada.did })
  })

  it('publishes', async () => {
    const { status, json, stderr } = await frost([
      ...[
        'publish',
        's3://bucket/cruise.zarr',
        '--title',
        'CTD casts of cruise 12',
        '--license',
        'CC-BY-4.0',
      ],
      ...[
        '--keyword',
        'oceanography,CTD',
        '--bbox',
        '-30,40,-10,60',
        '--from',
        '2023-05',
        '--until',
        '2023-06',
      ],
      ...[
        '--variable',
        'temperature:degC',
        '--doi',
        'https://doi.org/10.1234/ABC',
        '--slug',
        'cruise-12',
        '--json',
      ],
    ])
    expect(stderr).not.toMatch(/frost:/)
    expect(status).toBe(0)
    expect(json).toMatchObject({
      uri: `at://${ada.did}/${nsid('dataset.entry')}/cruise-12`,
      ref: `${ada.handle}/cruise-12`,
    })
    const { cid, value } = await record(nsid('dataset.entry'), 'cruise-12')
    expect(cid).toBe(json.cid)
    expect(value).toMatchObject({
      title: 'CTD casts of cruise 12',
      rights: [{ spdx: 'CC-BY-4.0' }],
      subjects: [{ term: 'oceanography' }, { term: 'CTD' }],
      coverage: {
        spatial: [{ bbox: { west: '-30', south: '40', east: '-10', north: '60' } }],
        temporal: [{ start: '2023-05', end: '2023-06' }],
      },
      distributions: [{ uri: 's3://bucket/cruise.zarr', format: 'zarr' }],
      models: [{ variables: [{ name: 'temperature', units: 'degC' }] }],
      identifiers: [{ scheme: 'doi', value: '10.1234/abc' }],
    })
  })

  it('does not overwrite, and refuses what the lexicon forbids', async () => {
    const taken = await frost(['publish', 's3://b/x.zarr', '--title', 'Other', '--slug', 'cruise-12'])
    expect(taken.status).toBe(1)
    expect(taken.stderr).toMatch(/exists already: choose another --slug/)

    const long = await frost(['publish', 's3://b/x.zarr', '--title', 'x'.repeat(400)])
    expect(long.status).toBe(2)
    expect(long.stderr).toMatch(/title/)
    expect(long.stderr.trim().split('\n')).toHaveLength(1)
  })

  it('links what it was derived from by DID and CID', async () => {
    const { json } = await frost([
      'publish',
      'https://e.org/mean.parquet',
      '--title',
      'Means',
      '--derived-from',
      `${ada.handle}/cruise-12`,
      '--json',
    ])
    const source = await record(nsid('dataset.entry'), 'cruise-12')
    const { value } = await record(nsid('dataset.entry'), String(json.uri).split('/').at(-1)!)
    expect(value.derivedFrom).toMatchObject([
      { ref: { uri: `at://${ada.did}/${nsid('dataset.entry')}/cruise-12`, cid: source.cid } },
    ])
  })

  it('edits, and notices that there is nothing to change', async () => {
    const edit = ['edit', 'cruise-12', '--title', 'Corrected casts', '--set', 'language="en"', '--json']
    expect((await frost(edit)).json).toMatchObject({ changed: true })
    const { value } = await record(nsid('dataset.entry'), 'cruise-12')
    expect(value).toMatchObject({ title: 'Corrected casts', language: 'en', rights: [{ spdx: 'CC-BY-4.0' }] })
    expect((await frost(edit)).json).toMatchObject({ changed: false })
    const wrong = await frost(['edit', 'cruise-12', '--set', 'language=en'])
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toMatch(/--set language is 'en', which is no JSON/)
  })

  it('releases a version once, however often it is asked', async () => {
    const release = [
      'release',
      'cruise-12',
      '--tag',
      'v1.0',
      '--pin',
      'git-commit:4f2a9c1',
      '--summary',
      'First',
      '--json',
    ]
    const first = (await frost(release)).json
    const again = (await frost(release)).json
    expect(first).toMatchObject({ existed: false })
    expect(again).toMatchObject({ existed: true, uri: first.uri, cid: first.cid })
    const entry = await record(nsid('dataset.entry'), 'cruise-12')
    const { value } = await record(nsid('dataset.version'), String(first.rkey))
    expect(value).toMatchObject({
      version: 'v1.0',
      entry: { cid: entry.cid },
      pins: [{ pin: { scheme: 'git-commit', value: '4f2a9c1' } }],
    })

    const other = await frost(['release', 'cruise-12', '--tag', 'v1.0', '--pin', 'git-commit:0000000'])
    expect(other.status).toBe(1)
    expect(other.stderr).toMatch(/versions never change/)
    const listed = (await frost(['versions', `${ada.handle}/cruise-12`, '--json'])).json
    expect(listed.versions).toHaveLength(1)
  })

  it('shows, resolves and cites without an AppView', async () => {
    expect((await frost(['show', `${ada.handle}/cruise-12`, '--json'])).json).toMatchObject({
      record: { title: 'Corrected casts' },
    })
    expect((await frost(['resolve', `${ada.handle}/cruise-12`])).stdout.trim()).toBe(
      `at://${ada.did}/${nsid('dataset.entry')}/cruise-12`,
    )
    const { stdout } = await frost(['cite', 'cruise-12', '--release', 'v1.0', '--style', 'bibtex'])
    expect(stdout).toContain('version = {v1.0}')
    expect(stdout).toContain('doi = {10.1234/abc}')
  })

  it('puts a model that is too large for its dataset into a record of its own, in the same commit', async () => {
    const variables = (prefix: string) =>
      Array.from({ length: 500 }, (_, at) => [
        '--variable',
        `${prefix}_of_a_rather_long_name_${at}:W m-2`,
      ]).flat()
    const published = ['publish', 's3://bucket/wide.zarr', '--title', 'Wide', ...variables('flux'), '--json']
    const { json } = await frost(published)
    expect(json.warnings).toEqual([])
    const model = await record(nsid('dataset.model'), 'wide')
    const entry = await record(nsid('dataset.entry'), 'wide')
    expect(json.cid).toBe(entry.cid)
    const uri = `at://${ada.did}/${nsid('dataset.model')}/wide`
    expect(entry.value.models).toEqual([
      { $type: definition('modelRef'), ref: { uri, cid: model.cid }, variableCount: 500 },
    ])
    expect(model.value).toMatchObject({ dataset: json.uri, model: { variableCount: 500 } })
    expect((await frost(['show', 'wide'])).stdout).toContain('flux_of_a_rather_long_name_0 [W m-2]')
    expect(
      (await frost(published.with(1, 's3://bucket/other.zarr').concat('--slug', 'wide'))).stderr,
    ).toMatch(/exists already/)

    // Changing something else leaves the model where it is; changing it rewrites its record.
    await frost(['edit', 'wide', '--title', 'Wider'])
    expect((await record(nsid('dataset.model'), 'wide')).cid).toBe(model.cid)
    await frost(['edit', 'wide', ...variables('albedo')])
    const after = await record(nsid('dataset.entry'), 'wide')
    const changed = await record(nsid('dataset.model'), 'wide')
    expect(changed.cid).not.toBe(model.cid)
    expect(after.value.models).toMatchObject([{ ref: { uri, cid: changed.cid } }])
    const { json: gone } = await frost(['unpublish', 'wide', '--yes', '--json'])
    expect(gone.deleted).toEqual([uri, json.uri])
  })

  it('announces a mirror and follows, each once', async () => {
    const mirror = ['mirror', 'cruise-12', 'gs://copy/cruise.zarr', '--cloud', 'gcp', '--json']
    expect((await frost(mirror)).json).toMatchObject({ existed: false })
    expect((await frost(mirror)).json).toMatchObject({ existed: true })
    expect((await frost(['follow', `${ada.handle}/cruise-12`, '--json'])).json).toMatchObject({
      existed: false,
    })
    expect((await frost(['follow', `${ada.handle}/cruise-12`, '--json'])).json).toMatchObject({
      existed: true,
    })
    expect((await frost(['unfollow', `${ada.handle}/cruise-12`, '--json'])).json.deleted).toHaveLength(1)
  })

  it('unpublishes with its versions, after being told to', async () => {
    expect((await frost(['unpublish', 'cruise-12'])).status).toBe(2)
    const { json } = await frost(['unpublish', 'cruise-12', '--yes', '--json'])
    expect(json.deleted).toHaveLength(2)
    await expect(record(nsid('dataset.entry'), 'cruise-12')).rejects.toThrow(/locate record/)
    const left = await agent.com.atproto.repo.listRecords({
      repo: ada.did,
      collection: nsid('dataset.version'),
    })
    expect(left.data.records).toEqual([])
  })

  it('changes nothing that belongs to somebody else', async () => {
    const ben = await network.createAccount({ handle: 'ben-f.icebucket.test' })
    const other = frostFor({ plcUrl: network.plcUrl, service: ben.service })
    await other(['login', ben.handle, '--app-password'], { input: ben.password })
    const { status, stderr } = await other([
      'unpublish',
      `${ada.handle}/means`,
      '--yes',
      '--service',
      ada.service,
    ])
    expect(status).toBe(1)
    expect(stderr).toMatch(/belongs to ada-l\.icehub\.test/)
  })

  it('signs out: the session is revoked and forgotten', async () => {
    expect((await frost(['logout', '--json'])).json).toMatchObject({ did: ada.did, revoked: true })
    const { status, stderr } = await frost(['publish', 's3://b/c.zarr'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/no account is signed in: run 'frost login HANDLE'/)
  })
})

describe('OAuth as a loopback client', () => {
  async function signIn(frost: Frost, account: Account): Promise<Ran> {
    const approved = Promise.withResolvers<number>()
    const ran = await frost(['login', account.handle, '--no-browser', '--json'], {
      onLine: line => {
        const url = /^http:\S+\/oauth\/authorize\S+$/.exec(line)?.[0]
        if (url) approveSignIn(url, account.handle, account.password).then(approved.resolve, approved.reject)
      },
    })
    expect(ran.stderr).toContain('Open this address to sign in')
    expect(await approved.promise).toBe(200)
    return ran
  }

  it('signs in where the PDS knows no permission set, publishes, and signs out', async () => {
    expect((await signIn(frost, ada)).json).toMatchObject({ did: ada.did, method: 'oauth' })
    expect((await frost(['whoami', '--json'])).json).toMatchObject({ did: ada.did, method: 'oauth' })
    expect((await frost(['publish', 's3://b/oauth.zarr', '--title', 'By OAuth', '--json'])).json.uri).toBe(
      `at://${ada.did}/${nsid('dataset.entry')}/by-oauth`,
    )
    expect((await frost(['logout', '--json'])).json).toMatchObject({ revoked: true })
  })

  it('asks for the permission set where the PDS resolves it, and may write FROST’s records only', async () => {
    await publishLexicons(network, lexiconDocuments)
    // On the other PDS: the first one remembers for a while that it could not resolve the set.
    const lin = await network.createAccount({ handle: 'lin-o.icebucket.test' })
    const frost = frostFor({ plcUrl: network.plcUrl, service: lin.service })
    await signIn(frost, lin)
    const published = await frost(['publish', 's3://b/set.zarr', '--title', 'By permission set', '--json'])
    expect(published.json.uri).toBe(`at://${lin.did}/${nsid('dataset.entry')}/by-permission-set`)
    const session = await restoreSession(
      settingsFromEnv({}, { FROST_CONFIG: frost.configDir, FROST_PLC_URL: network.plcUrl }),
    )
    expect(session.account.scope).toContain(`include:${nsid('authFull')}`)
    const foreign = { $type: 'app.bsky.feed.post' as const, text: 'x', createdAt: new Date().toISOString() }
    await expect(new Repository(session).put(foreign, 'x')).rejects.toThrow(/Missing required scope/)
    await frost(['logout'])
  })
})
