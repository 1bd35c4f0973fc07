/** Lineage across hosts: one node for a dataset whatever names it, edges that outlive records, and who says what. */
import { definition, nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, putRecord, type Stand, stand } from './stand.ts'

interface Lineage {
  nodes: { id: string; title?: string; depth: number; state: string; aliases?: { id: string }[] }[]
  edges: {
    from: string
    to: string
    relation: string
    assertedBy: string
    acknowledged?: string
    uri: string
  }[]
  cycles: { nodes: { id: string }[] }[]
  truncated: boolean
}

const record = (uri: string, cid?: string) => ({ $type: definition('recordRef'), uri, ...(cid && { cid }) })
const doi = (value: string) => ({ $type: definition('identifierRef'), scheme: 'doi', value })

describe('lineage', () => {
  let world: Stand
  let noaa: Awaited<ReturnType<typeof newAccount>>
  let nasa: Awaited<ReturnType<typeof newAccount>>
  beforeAll(async () => {
    world = await stand({
      network: { pdses: ['icebucket', 'icehub'].map(name => ({ name, domain: `${name}.test` })) },
    })
    noaa = await newAccount(world.network, 'ocean', 'icebucket')
    nasa = await newAccount(world.network, 'space', 'icehub')
  }, 60_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  const lineage = (id: string, more: Record<string, string | string[]> = {}) =>
    world.ask<Lineage>('graph.getLineage', { id, ...more })
  const states = ({ nodes }: Lineage) =>
    Object.fromEntries(nodes.map(({ title, id, state }) => [title ?? id, state]))

  it('joins at-uri, handle and slug, DOI and bucket of one dataset into one node, across hosts', async () => {
    const ocean = await putRecord(noaa, 'dataset.entry', 'sst', {
      title: 'Sea surface temperature',
      identifiers: [{ scheme: 'doi', value: '10.5555/SST', covers: 'dataset' }],
      distributions: [{ id: 'main', uri: 's3://sst-bucket/sst.zarr' }],
    })
    await putRecord(nasa, 'dataset.entry', 'anomaly', {
      title: 'Anomalies',
      derivedFrom: [{ ref: doi('https://doi.org/10.5555/sst') }],
    })
    await putRecord(nasa, 'dataset.entry', 'heatwaves', {
      title: 'Marine heatwaves',
      derivedFrom: [
        { ref: record(`at://${nasa.did}/${nsid('dataset.entry')}/anomaly`) },
        {
          ref: { $type: definition('urlRef'), uri: 'https://sst-bucket.s3.us-east-1.amazonaws.com/sst.zarr' },
        },
      ],
    })
    for (const id of [
      ocean.uri,
      `${noaa.account.handle}/sst`,
      'doi:10.5555/sst',
      's3://sst-bucket/sst.zarr',
    ]) {
      const answer = await world.until(
        () => lineage(id, { direction: 'downstream' }).catch(() => undefined),
        seen => seen?.edges.length === 3,
      )
      expect(states(answer!)).toEqual({
        'Sea surface temperature': 'available',
        Anomalies: 'available',
        'Marine heatwaves': 'available',
      })
      expect(answer!.nodes.find(({ depth }) => depth === 0)?.id).toBe(ocean.uri)
      expect(answer!.nodes[0]?.aliases).toContainEqual({ id: 'doi:10.5555/sst' })
    }
    const impact = await world.ask<{ steps: { title: string }[] }>('graph.getImpact', { id: ocean.uri })
    expect(impact.steps.map(({ title }) => title)).toEqual(['Anomalies', 'Marine heatwaves'])
  })

  it('shows a claim of others only when asked, and the word of the owner on it', async () => {
    const citing = `at://${nasa.did}/${nsid('dataset.entry')}/heatwaves`
    const curator = await newAccount(world.network, 'curator', 'icehub')
    const claim = await putRecord(curator, 'graph.citation', 'claim', {
      citing: doi('10.5555/paper-data'),
      cited: record(citing),
      relation: 'is-derived-from',
    })
    const anybody = { assertedBy: ['downstream-owner', 'upstream-owner', 'third-party'] }
    const seen = await world.until(
      () => lineage(citing, anybody),
      ({ edges }) => edges.some(({ assertedBy }) => assertedBy === 'third-party'),
    )
    expect(states(seen)['doi:10.5555/paper-data']).toBe('external')
    expect(states(await lineage(citing))).not.toHaveProperty('doi:10.5555/paper-data')
    await putRecord(nasa, 'graph.acknowledgement', 'word', {
      claim: { uri: claim.uri, cid: claim.cid },
      status: 'disputed',
    })
    const disputed = await world.until(
      () => lineage(citing, anybody),
      ({ edges }) => edges.some(({ acknowledged }) => acknowledged !== undefined),
    )
    expect(disputed.edges.find(({ uri }) => uri === claim.uri)?.acknowledged).toBe('disputed')
  })

  it('keeps the edges of a dataset that was deleted or is not known, and says so', async () => {
    const lost = `at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/${nsid('dataset.entry')}/lost`
    const { uri } = await putRecord(nasa, 'dataset.entry', 'of-the-lost', {
      title: 'Made from what nobody holds',
      derivedFrom: [{ ref: record(lost) }],
    })
    const unknown = await world.until(
      () => lineage(uri).catch(() => undefined),
      answer => answer?.edges.length === 1,
    )
    expect(states(unknown!)[lost]).toBe('unavailable')
    const anomaly = `at://${nasa.did}/${nsid('dataset.entry')}/anomaly`
    await nasa.agent.com.atproto.repo.deleteRecord({
      repo: nasa.did,
      collection: nsid('dataset.entry'),
      rkey: 'anomaly',
    })
    const heatwaves = `at://${nasa.did}/${nsid('dataset.entry')}/heatwaves`
    const after = await world.until(
      () => lineage(heatwaves, { direction: 'upstream' }),
      answer => states(answer)[anomaly] === 'deleted',
    )
    expect(after.edges.map(({ to }) => to).sort()).toContain(anomaly)
    await expect(lineage(`${nasa.account.handle}/nowhere`)).rejects.toMatchObject({ error: 'EntryNotFound' })
    await expect(lineage('not an id at all')).rejects.toMatchObject({ error: 'InvalidIdentifier' })
  })

  it('names circles, and puts them into the order as one', async () => {
    const ids = ['one', 'two', 'three'].map(rkey => `at://${noaa.did}/${nsid('dataset.entry')}/${rkey}`)
    for (const [place, rkey] of ['one', 'two', 'three'].entries())
      await putRecord(noaa, 'dataset.entry', rkey, {
        title: rkey,
        derivedFrom: [{ ref: record(ids[(place + 1) % 3]!) }],
      })
    const answer = await world.until(
      () => lineage(ids[0]!).catch(() => undefined),
      seen => seen?.edges.length === 3,
    )
    expect(answer!.cycles).toEqual([{ nodes: [...ids].sort().map(id => ({ id })) }])
    const impact = await world.ask<{ steps: unknown[]; cycles: unknown[] }>('graph.getImpact', {
      id: ids[0]!,
    })
    expect([impact.steps.length, impact.cycles.length]).toEqual([2, 1])
  })

  it('lists who cites a dataset, on whose behalf, and what became of the state that was pinned', async () => {
    const sst = `at://${noaa.did}/${nsid('dataset.entry')}/sst`
    const { data: now } = await noaa.agent.com.atproto.repo.getRecord({
      repo: noaa.did,
      collection: nsid('dataset.entry'),
      rkey: 'sst',
    })
    await putRecord(nasa, 'graph.citation', 'pinned', {
      citing: doi('10.5555/paper'),
      cited: record(sst, now.cid),
      relation: 'cites',
    })
    const cited = () =>
      world.ask<{ citations: { uri: string; assertedBy: string; pinState?: string }[] }>(
        'graph.listCitations',
        { subject: '10.5555/sst' },
      )
    const seen = await world.until(cited, ({ citations }) =>
      citations.some(({ pinState }) => pinState === 'unchanged'),
    )
    expect(seen.citations.map(({ assertedBy }) => assertedBy).sort()).toEqual([
      'downstream-owner',
      'third-party',
    ])
    await putRecord(noaa, 'dataset.entry', 'sst', {
      title: 'Sea surface temperature, corrected',
      identifiers: [{ scheme: 'doi', value: '10.5555/SST', covers: 'dataset' }],
    })
    await world.until(cited, ({ citations }) =>
      citations.some(({ pinState }) => pinState === 'changed-since'),
    )
  })
})
