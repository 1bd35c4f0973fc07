import { definition, nsid, validateRecord } from '@frost/lexicon'
import type { Browser, BrowserContext } from 'playwright-core'
import { startControlServer } from '../../apps/cli/src/scenario/control-server.ts'
import { newAccount, putRecord } from '../stand.ts'
import { previewWorld } from './preview-world.ts'
import { story } from './scenario-story.ts'
import { startBrowser } from './site.ts'
import { signIn, siteOf, visitor } from './world-with-sign-in.ts'

type Fields = Record<string, unknown>
export type FullWorld = Awaited<ReturnType<typeof fullWorld>>

const createdAt = '2026-03-01T12:00:00.000Z'
const key = (number: number) => `3laaaaaaaaa2${'abcdefghij'[number]}`

/** A dataset of which everything is told that a page can show. */
const dataset = (storeUrl: string): Fields => ({
  title: 'Drift of sea ice in the Arctic Ocean, daily, from passive microwaves',
  titles: [{ value: 'Meereisdrift im Nordpolarmeer', lang: 'de' }],
  description:
    '## What it is\n\nDaily vectors of **ice drift** on a polar grid.\n\n- from passive microwaves\n- since 1979\n\n' +
    '| Sensor | Years |\n|---|---|\n| SMMR | 1979–1987 |\n| SSM/I | 1987–2009 |\n\n> Mind the gap of 1987.\n\n' +
    '```python\nimport xarray\n```\n\nSee the [guide](https://example.org/guide).',
  creators: [
    {
      name: 'Ada Lovelace',
      affiliation: [{ name: 'Ice Laboratory' }],
      identifiers: [{ scheme: 'orcid', value: '0000-0002-1825-0097' }],
    },
    { name: 'Fridtjof Nansen' },
  ],
  publisher: { name: 'Institute of the Frozen Sea' },
  subjects: [{ term: 'sea ice' }, { term: 'drift' }, { term: 'Arctic Ocean' }],
  rights: [{ spdx: 'CC-BY-4.0' }],
  identifiers: [{ scheme: 'doi', value: '10.5072/drift', covers: 'dataset' }],
  landingPage: 'https://example.org/drift',
  funding: [
    {
      funderName: 'Research Council',
      funderIdentifier: '10.13039/501100000000',
      awardNumber: 'RC-1893',
      awardUri: 'https://example.org/grants/RC-1893',
    },
  ],
  metadataLinks: [
    { uri: 'https://example.org/drift.xml', profile: 'ISO 19115', mediaType: 'application/xml' },
  ],
  platforms: [{ term: 'Nimbus-7' }],
  instruments: [{ term: 'SMMR' }],
  frequency: { kind: 'periodic', interval: 'P1D' },
  distributions: [
    { id: 'zarr', uri: `${storeUrl}/air.zarr`, format: 'zarr', contentSize: '1500000000' },
    {
      id: 'csv',
      uri: 'https://example.org/drift.csv',
      format: 'csv',
      title: 'As a table',
      digests: [
        { algorithm: 'sha-256', value: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
      ],
    },
    { id: 's3', uri: 's3://ice/drift.zarr', format: 'zarr', region: 'eu-north-1' },
  ],
  coverage: {
    spatial: [{ bbox: { west: '-180', south: '60', east: '180', north: '90' }, place: { term: 'Arctic' } }],
    temporal: [
      { start: '1979', end: '1987-11' },
      { start: '1988-01', ongoing: true },
    ],
    temporalResolution: 'P1D',
  },
  models: [
    {
      $type: definition('arrayModel'),
      dims: [
        { name: 'time', size: 16_000 },
        { name: 'y', size: 448 },
        { name: 'x', size: 304 },
      ],
      variables: [
        {
          name: 'u',
          longName: 'Drift towards x',
          units: 'm s-1',
          dims: [{ name: 'time' }, { name: 'y' }, { name: 'x' }],
          dtype: 'float32',
        },
        {
          name: 'v',
          longName: 'Drift towards y',
          units: 'm s-1',
          dims: [{ name: 'time' }, { name: 'y' }, { name: 'x' }],
          dtype: 'float32',
        },
      ],
    },
    {
      $type: definition('tableModel'),
      columns: [
        { name: 'station', type: 'utf8', description: 'Name of the buoy' },
        { name: 'speed', type: 'float64', units: 'm s-1' },
      ],
    },
  ],
})

/**
 * A network in which every page of the site has something to show, with a reader signed out and the owner of a dataset, who
 * operates the index too, signed in, and a guest of another server who has taken part in everything.
 */
export async function fullWorld(executable: string) {
  await using stack = new AsyncDisposableStack()
  const browser = await startBrowser(executable)
  stack.defer(() => browser.close())
  // Filled once the account is there: an AppView looks at it at each call.
  const operators: string[] = []
  const preview = stack.use(await previewWorld({ operators }))
  const { world, gatewayUrl } = preview
  const owner = await newAccount(world.network, 'icelab')
  operators.push(owner.did)
  const scenario = stack.use(await startControlServer(() => story(owner)))
  const site = stack.use(
    await siteOf(world, {
      gatewayUrl,
      env: { FROST_OPERATORS: owner.did, FROST_SCENARIO_URL: scenario.url },
    }),
  )
  const guest = await newAccount(world.network, 'tester', 'icebucket')
  const entry = (rkey: string) => `at://${owner.did}/${nsid('dataset.entry')}/${rkey}`
  const put = (who: typeof owner, name: string, rkey: string, value: Fields) => {
    const checked = validateRecord(nsid(name), { $type: nsid(name), createdAt, ...value })
    if (!checked.ok) throw new Error(`${name} ${rkey}: ${checked.issues}`)
    return putRecord(who, name, rkey, { createdAt, ...value })
  }

  await put(owner, 'actor.profile', 'self', {
    name: 'Ice Laboratory',
    kind: 'organization',
    description: 'We measure *ice*.',
  })
  await put(guest, 'actor.profile', 'self', { name: 'Grace Hopper', kind: 'person' })
  const drift = await put(owner, 'dataset.entry', 'drift', dataset(world.network.store.url))
  const edge = await put(owner, 'dataset.entry', 'edge', {
    title: 'The edge of the ice',
    distributions: [{ id: 'csv', uri: 'https://example.org/edge.csv', format: 'csv' }],
    derivedFrom: [{ ref: { $type: definition('recordRef'), uri: drift.uri } }],
  })
  // Deleted, and not forgotten by those who built on it.
  const melt = await put(owner, 'dataset.entry', 'melt', { title: 'Melt ponds, first attempt' })
  await put(guest, 'dataset.entry', 'ponds', {
    title: 'Ponds of July',
    derivedFrom: [{ ref: { $type: definition('recordRef'), uri: melt.uri, cid: melt.cid } }],
  })
  await put(guest, 'dataset.entry', 'lakes', {
    title: 'Lakes on the ice',
    derivedFrom: [{ ref: { $type: definition('recordRef'), uri: entry('rivers') } }],
  })
  await put(owner, 'dataset.notice', '3laaaaaaaac2a', {
    subject: { $type: definition('recordRef'), uri: melt.uri },
    kind: 'withdrawn',
    text: 'Clouds were taken for water.',
    replacedBy: { $type: definition('recordRef'), uri: drift.uri },
  })
  await world.until(
    () =>
      world
        .ask<{ entry?: object }>('dataset.getEntry', { uri: melt.uri })
        .catch(() => ({ entry: undefined })),
    ({ entry }) => entry !== undefined,
  )
  await owner.agent.com.atproto.repo.deleteRecord({
    repo: owner.did,
    collection: nsid('dataset.entry'),
    rkey: 'melt',
  })
  const version = (rkey: string, fields: Fields) =>
    putRecord(owner, 'dataset.version', rkey, { dataset: drift.uri, entry: drift, ...fields })
  const first = await version(key(0), { version: '1.0', releasedAt: '2024-01-01T00:00:00.000Z' })
  const second = await version(key(1), {
    version: '2.0',
    releasedAt: '2025-01-01T00:00:00.000Z',
    previous: first,
    changes: { summary: 'The gap of 1987 is filled.' },
    identifiers: [{ scheme: 'doi', value: '10.5072/drift.v2', covers: 'version' }],
    pins: [
      {
        distribution: 'csv',
        pin: { scheme: 'digest', value: `sha256:${'0123456789abcdef'.repeat(4)}` },
        upTo: '2024-12',
      },
    ],
  })
  const head = (rkey: string, updatedAt: string, value: string, fields: Fields = {}) =>
    put(owner, 'dataset.head', rkey, {
      dataset: drift.uri,
      updatedAt,
      states: [
        { distribution: 'zarr', pin: { scheme: 'icechunk-snapshot', value }, upTo: updatedAt.slice(0, 10) },
      ],
      ...fields,
    })
  await head('drift', '2026-02-27T06:00:00.000Z', '1CECHUNKREP0F1RSTCMT')
  await head('drift', '2026-02-28T06:00:00.000Z', 'A2RASQHPYRVFK6ZQ3SA0', {
    changes: { summary: 'A day more.' },
  })
  await head('drift~nearly', '2026-03-01T06:00:00.000Z', 'B3RASQHPYRVFK6ZQ3SA0')
  await put(owner, 'dataset.notice', key(9), {
    subject: { $type: definition('recordRef'), uri: first.uri },
    kind: 'retracted',
    text: 'The months of 1987 were *invented*.',
    effectiveAt: '2025-02-01',
    replacedBy: { $type: definition('recordRef'), uri: second.uri },
  })
  await put(owner, 'dataset.notice', '3laaaaaaaab2a', {
    subject: { $type: definition('recordRef'), uri: edge.uri },
    kind: 'superseded',
    replacedBy: { $type: definition('recordRef'), uri: drift.uri },
  })
  await put(owner, 'dataset.notice', key(2), {
    subject: { $type: definition('recordRef'), uri: drift.uri },
    kind: 'erratum',
    text: 'Days of leap years were shifted by one.',
  })
  // A model too large for its entry, which the index has before the model.
  const model = {
    dataset: `at://${guest.did}/${nsid('dataset.entry')}/stations`,
    model: {
      $type: definition('tableModel'),
      columns: Array.from({ length: 60 }, (_, at) => ({
        name: at === 59 ? 'albedo_of_snow' : `channel_${at}`,
        type: 'float64',
        units: 'W m-2',
      })),
      columnCount: 60,
      full: { uri: 'https://example.org/columns.json' },
    },
  }
  const { uri, cid } = await put(guest, 'dataset.model', 'stations', model)
  await guest.agent.com.atproto.repo.deleteRecord({
    repo: guest.did,
    collection: nsid('dataset.model'),
    rkey: 'stations',
  })
  await put(guest, 'dataset.entry', 'stations', {
    title: 'Radiation at stations',
    models: [{ $type: definition('modelRef'), ref: { uri, cid }, variableCount: 60 }],
  })
  await put(guest, 'dataset.model', 'stations', model)
  await put(guest, 'dataset.mirror', 'copy', {
    subject: drift.uri,
    distribution: {
      id: 'copy',
      uri: 's3://copies/drift.zarr',
      format: 'zarr',
      cloud: 'aws',
      region: 'us-west-2',
    },
    method: 'byte-copy',
  })
  await put(guest, 'dataset.offer', 'support', {
    subject: drift.uri,
    url: 'https://example.org/buy',
    seller: { name: 'Ice Trading' },
    model: 'subscription',
    terms: 'Hourly vectors, the same day.',
  })
  await put(guest, 'dataset.collection', 'ice', {
    title: 'All about ice',
    description: 'What I teach with.',
    kind: 'course',
  })
  await put(owner, 'dataset.collection', 'own', { title: 'What we make' })
  const collection = `at://${guest.did}/${nsid('dataset.collection')}/ice`
  await put(guest, 'dataset.collectionItem', 'one', {
    collection,
    subject: { $type: definition('recordRef'), uri: drift.uri },
    note: 'Begin here.',
  })
  const comment = await put(guest, 'discussion.comment', key(3), {
    subject: drift.uri,
    text: 'Is the grid that of the **National Snow and Ice Data Center**?',
  })
  await put(owner, 'discussion.comment', key(4), {
    subject: drift.uri,
    createdAt: '2026-03-02T12:00:00.000Z',
    root: comment,
    parent: comment,
    text: 'It is.',
  })
  const issue = await put(guest, 'discussion.issue', key(5), {
    subject: drift.uri,
    title: 'Nothing in March 2014',
    text: 'From the 3rd to the 9th.',
    labels: [{ term: 'gap' }],
  })
  await put(guest, 'discussion.correction', key(6), {
    target: drift,
    rationale: 'The title forgets Greenland.',
    patch: [
      {
        op: 'replace',
        path: '/title',
        valueJson: '"Drift of sea ice in the Arctic Ocean and off Greenland"',
      },
    ],
  })
  await put(guest, 'discussion.endorsement', key(7), {
    subject: drift,
    kind: 'reproduced',
    note: 'To a tenth.',
  })
  for (const [rkey, subject] of Object.entries({
    person: { $type: definition('actorSubject'), did: owner.did },
    data: { $type: definition('recordSubject'), uri: drift.uri },
  }))
    await put(guest, 'graph.follow', rkey, { subject })
  for (const [rkey, subject] of Object.entries({
    person: { $type: definition('actorSubject'), did: guest.did },
    search: { $type: definition('savedQuery'), query: 'q=ice' },
  }))
    await put(owner, 'graph.follow', rkey, { subject })
  await put(guest, 'graph.citation', key(8), {
    citing: { $type: definition('identifierRef'), scheme: 'doi', value: '10.5072/paper' },
    cited: { $type: definition('recordRef'), uri: drift.uri },
    relation: 'cites',
  })

  const { index } = world.appview.services
  await world.until(
    () => index.status(),
    ({ counts, seq, searchSeq }) => counts[nsid('graph.citation')] === 1 && searchSeq === seq,
  )
  const stranger = await visitor(browser)
  const member = await visitor(browser)
  const page = await member.newPage()
  await signIn(page, site.url, owner.account)
  await page.close()

  const disposal = stack.move()
  return {
    world,
    site,
    browser: browser as Browser,
    owner,
    guest,
    stranger: stranger as BrowserContext,
    member: member as BrowserContext,
    /** Ids by which addresses name what was written. */
    ids: {
      version: [key(0), key(1)],
      issue: issue.uri.split('/').pop()!,
      correction: key(6),
      entry: entry('drift'),
    },
    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  }
}
