/** A host is gone for good: what is shown of its accounts says so, and is all there. */
import { readProof } from '@frost/client/proof/record-proof'
import { definition } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSite } from '../site/site.ts'
import { putRecord, type Stand, stand } from '../stand.ts'
import { Listening } from '../updates/listening.ts'
import { entry, entryUri, type Person, person } from './account.ts'

interface Archived {
  readonly since: string
  readonly lastHeard?: string
}
type Author = { author: { did: string; archived?: Archived } }

describe('an account whose host is gone', { timeout: 120_000 }, () => {
  let world: Stand
  let gone: Person
  let stays: Person
  let uri: string

  beforeAll(async () => {
    world = await stand({ appview: { hostSeconds: 1, hostPatienceSeconds: 1 } })
    gone = await person(world.network, 'gone.icehub.test', 'icehub')
    stays = await person(world.network, 'stays.icebucket.test', 'icebucket')
    uri = entryUri(gone.did, 'sst')
    const { data } = await gone.agent.com.atproto.repo.getRecord({
      repo: gone.did,
      collection: uri.split('/')[3]!,
      rkey: 'sst',
    })
    await putRecord(gone, 'dataset.version', '3khuwc44c22oh', {
      dataset: uri,
      version: 'v1',
      releasedAt: '2026-01-02T00:00:00.000Z',
      entry: { uri, cid: data.cid },
    })
    await putRecord(stays, 'dataset.entry', 'built', {
      ...entry('built'),
      derivedFrom: [{ ref: { $type: definition('recordRef'), uri, cid: data.cid } }],
    })
    await using heard = new Listening(world.appview.url, { actor: stays.did, cursor: 0 })
    await heard.until(said => said.uri === entryUri(stays.did, 'built'))
    await world.until(
      () => world.ask<{ entry: Author }>('dataset.getEntry', { uri }),
      ({ entry: { author } }) => author.archived === undefined,
    )
    await world.network.pds('icehub').kill()
    await world.until(
      () => world.ask<{ entry: Author }>('dataset.getEntry', { uri }),
      ({ entry: { author } }) => author.archived !== undefined,
    )
  })
  afterAll(() => world?.[Symbol.asyncDispose]())

  it('is marked wherever it is named, with when its host was last heard; others are not', async () => {
    await world.appview.services.index.searchable()
    const [one, found, versions, profile, actors, lineage, own] = await Promise.all([
      world.ask<{ entry: Author }>('dataset.getEntry', { uri }),
      world.ask<{ entries: Author[] }>('dataset.searchEntries', { q: 'sst', publisher: gone.did }),
      world.ask<{ versions: Author[] }>('dataset.listVersions', { entry: uri }),
      world.ask<Author['author']>('actor.getProfile', { actor: gone.did }),
      world.ask<{ actors: Author['author'][] }>('actor.searchActors', {}),
      world.ask<{ nodes: Partial<Author>[] }>('graph.getLineage', { id: uri, direction: 'downstream' }),
      world.ask<{ entry: Author }>('dataset.getEntry', { uri: entryUri(stays.did, 'built') }),
    ])
    const { archived } = one.entry.author
    expect(Date.parse(archived!.since)).toBeGreaterThan(Date.parse(archived!.lastHeard!) - 1)
    const marked = [
      ...found.entries.map(({ author }) => author),
      ...versions.versions.map(({ author }) => author),
      profile,
      ...actors.actors.filter(({ did }) => did === gone.did),
      ...lineage.nodes.flatMap(({ author }) => (author?.did === gone.did ? author : [])),
    ]
    expect(marked.length).toBeGreaterThanOrEqual(5)
    for (const author of marked) expect(author.archived).toEqual(archived)
    expect(own.entry.author.archived).toBeUndefined()
    expect(actors.actors.find(({ did }) => did === stays.did)?.archived).toBeUndefined()
  })

  it('says so on the pages of its datasets, in results and on its profile', async () => {
    await using site = await startSite(world.appview.url)
    const page = async (path: string) => (await fetch(site.url + path)).text()
    for (const path of ['/d/gone.icehub.test/sst', '/p/gone.icehub.test']) {
      const text = await page(path)
      expect(text).toContain('<b>Archived.</b>')
      expect(text).toMatch(/it was last heard \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC/)
    }
    // Its proof is the index's, which a dead host cannot take along.
    const proof = await fetch(`${site.url}/d/gone.icehub.test/sst/proof`)
    expect(proof.status).toBe(200)
    const { verificationMethods } = (await (
      await fetch(`${world.network.plcUrl}/${gone.did}/data`)
    ).json()) as { verificationMethods: { atproto: string } }
    const keys = [verificationMethods.atproto]
    const path = uri.slice(`at://${gone.did}/`.length)
    const shown = await readProof(proof.body as AsyncIterable<Uint8Array>, gone.did, path, keys)
    expect(shown).toMatchObject({ did: gone.did, record: expect.any(Uint8Array) })
    expect(await page('/search?q=sst')).toContain('archived, last heard')
    expect(await page('/d/stays.icebucket.test/built')).not.toContain('<b>Archived.</b>')
  })
})
