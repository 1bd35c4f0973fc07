/** Citing from the command line and over XRPC, on a network in a box: what is cited, what became of it, whose credit it is. */
import { definition, nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Frost, frostFor } from '../cli/run-frost.ts'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'
import { type DataciteServer, dataciteServer } from './datacite-server.ts'

describe('frost cite, show and doi', { timeout: 180_000 }, () => {
  let world: Stand
  let datacite: DataciteServer
  let ada: Awaited<ReturnType<typeof newAccount>>
  let bob: Awaited<ReturnType<typeof newAccount>>
  let frost: Frost
  let uri: string
  let first: string
  beforeAll(async () => {
    datacite = await dataciteServer()
    world = await stand()
    ada = await newAccount(world.network, 'ada-cites')
    bob = await newAccount(world.network, 'bob-cites')
    Object.assign(process.env, {
      FROST_DATACITE_URL: datacite.url,
      FROST_DATACITE_REPOSITORY: datacite.repository,
      FROST_DATACITE_PASSWORD: datacite.password,
      FROST_DATACITE_PREFIX: datacite.prefix,
    })
    frost = frostFor({
      plcUrl: world.network.plcUrl,
      service: ada.account.service,
      appviewUrl: world.appview.url,
    })
    await frost(['login', ada.account.handle, '--app-password'], { input: `${ada.account.password}\n` })
    const published = await putRecord(ada, 'dataset.entry', 'cruise', {
      title: 'CTD casts & 50% more',
      creators: [
        {
          name: 'Lovelace, Ada',
          givenName: 'Ada',
          familyName: 'Lovelace',
          identifiers: [{ scheme: 'orcid', value: '0000-0002-1825-0097' }],
        },
      ],
      publisher: { name: 'Institute of Engines', nameType: 'Organizational' },
      rights: [{ spdx: 'CC-BY-4.0' }],
      dates: [{ type: 'issued', value: '2025-03-01' }],
    })
    uri = published.uri
    first = published.cid
    await known(uri, first)
  }, 120_000)
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
    await datacite?.[Symbol.asyncDispose]()
    for (const name of ['URL', 'REPOSITORY', 'PASSWORD', 'PREFIX'])
      delete process.env[`FROST_DATACITE_${name}`]
  })

  /** Resolves once the AppView has the record in this state. */
  const known = (record: string, cid: string) =>
    world.until(
      () => world.ask('dataset.getState', { uri: record, cid }),
      ({ pinState }) => pinState === 'unchanged',
    )

  it('cites a dataset with its record and state, several in one text', async () => {
    const cited = await frost(['cite', `${ada.account.handle}/cruise`, '--json'])
    expect(cited.stderr).toBe('')
    expect(cited.json).toMatchObject({ uri, cid: first, style: 'apa', mediaType: 'text/x-bibliography' })
    expect(cited.json.citation).toContain(
      'Lovelace, A. (2025). CTD casts & 50% more [Data set]. Institute of Engines.',
    )
    expect(cited.json.citation).toContain(`[${uri}, CID ${first}]`)

    const other = await putRecord(bob, 'dataset.entry', 'made', {
      title: 'Made of casts',
      derivedFrom: [{ ref: { $type: definition('recordRef'), uri, cid: first } }],
    })
    await known(other.uri, other.cid)
    const both = await frost(['cite', uri, other.uri, '--style', 'bibtex'])
    expect(both.stdout.match(/^@misc\{/gm)).toHaveLength(2)
    const one = await frost(['cite', uri, other.uri, '--style', 'cff'])
    expect(one.status).toBe(2)
    expect(one.stderr).toContain('one REF at a time')
    expect((await frost(['cite', uri, '--style', 'mla'])).status).toBe(2)
  })

  it('the AppView formats the same, by any reference', async () => {
    for (const id of [uri, `${ada.account.handle}/cruise`]) {
      const answer = await world.ask('graph.formatCitation', { uris: [id], style: 'ris' })
      expect(answer).toMatchObject({
        mediaType: 'application/x-research-info-systems',
        items: [{ uri, cid: first, pinState: 'unchanged' }],
      })
      expect(answer.text).toContain('TI  - CTD casts & 50% more')
    }
    await expect(world.ask('graph.formatCitation', { uris: [uri], style: 'mla' })).rejects.toMatchObject({
      error: 'InvalidStyle',
    })
    await expect(world.ask('graph.formatCitation', { uris: ['10.5555/nobody'] })).rejects.toMatchObject({
      error: 'EntryNotFound',
    })
  })

  it('registers a DOI, once, and writes it into the record', async () => {
    const draft = await frost(['doi', 'mint', 'cruise', '--draft', '--json'])
    expect(draft.stderr).toBe('')
    expect(draft.json).toMatchObject({ state: 'draft', created: true, written: true, uri })
    const minted = await frost(['doi', 'mint', 'cruise', '--json'])
    expect(minted.json).toMatchObject({
      doi: draft.json.doi,
      state: 'findable',
      created: false,
      written: false,
    })
    expect(datacite.dois.size).toBe(1)
    const { attributes } = datacite.dois.get(String(draft.json.doi))!
    expect(attributes).toMatchObject({
      titles: [{ title: 'CTD casts & 50% more' }],
      url: expect.stringContaining('/d/'),
      creators: [{ nameIdentifiers: [{ nameIdentifier: 'https://orcid.org/0000-0002-1825-0097' }] }],
    })
    const cited = await frost(['cite', 'cruise', '--style', 'csl-json'])
    expect(JSON.parse(cited.stdout)[0]).toMatchObject({ DOI: draft.json.doi })
    const others = await frost(['doi', 'mint', `${bob.account.handle}/made`])
    expect(others.status).toBe(1)
    expect(others.stderr).toContain('belongs to')
  })

  it('a version is cited by its tag and by its CID', async () => {
    const { data: entry } = await ada.agent.com.atproto.repo.getRecord({
      repo: ada.did,
      collection: nsid('dataset.entry'),
      rkey: 'cruise',
    })
    const version = await putRecord(ada, 'dataset.version', '3kabcdefghij2', {
      dataset: uri,
      version: 'v1.0',
      releasedAt: '2025-06-01T00:00:00.000Z',
      entry: { uri, cid: entry.cid },
    })
    await known(version.uri, version.cid)
    const byTag = await frost(['cite', 'cruise', '--release', 'v1.0', '--json'])
    expect(byTag.json).toMatchObject({ uri: version.uri, cid: version.cid })
    expect(byTag.json.citation).toContain('(Version 1.0)')
    const byCid = await frost(['cite', version.uri, '--cid', version.cid, '--json'])
    expect(byCid.json).toMatchObject({
      uri: version.uri,
      cid: version.cid,
      items: [{ pinState: 'unchanged' }],
    })
    expect(byCid.json.citation).toContain('(Version 1.0)')
  })

  it('says later that a cited state has changed, and shows and cites it as it was', async () => {
    // The DOI changed the record.
    await world.until(
      () => world.ask('dataset.getState', { uri, cid: first }),
      ({ pinState }) => pinState === 'changed-since',
    )
    const shown = await frost(['show', 'cruise', '--cid', first])
    expect(shown.stdout).toContain('changed since')
    expect(shown.stdout).toContain('CTD casts & 50% more')
    const cited = await frost(['cite', 'cruise', '--cid', first, '--json'])
    expect(cited.stderr).toContain('changed since')
    expect(cited.json).toMatchObject({ uri, cid: first, items: [{ pinState: 'changed-since' }] })
  })

  it('credit of an account: what others made of its datasets', async () => {
    const shown = await frost(['show', ada.account.handle, '--json'])
    expect(shown.stderr).toBe('')
    expect(shown.json).toMatchObject({
      did: ada.did,
      counts: { derived: 1 },
      credit: { derived: 1, downstream: 1, by: [{ actor: { did: bob.did }, derived: 1 }] },
    })
    const text = await frost(['show', ada.account.handle])
    expect(text.stdout).toContain('by 1 dataset of others directly')
    expect((await frost(['show', 'nobody-at-all.test'])).status).toBe(1)
  })

  it('what its owner deletes is gone, and says nothing any more', async () => {
    await frost(['unpublish', 'cruise', '--yes'])
    await world.until(
      () => world.ask('dataset.getState', { uri, cid: first }),
      ({ pinState }) => pinState === 'gone',
    )
    const shown = await frost(['show', uri, '--cid', first])
    expect(shown.status).toBe(0)
    expect(shown.stdout).toContain('gone: its owner deleted')
    expect(shown.stdout).not.toContain('CTD casts')
    const cited = await frost(['cite', uri, '--cid', first])
    expect(cited.status).toBe(1)
    expect(cited.stderr).toContain('its owner deleted it')
  })
})
