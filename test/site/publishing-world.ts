import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AtpAgent } from '@atproto/api'
import { nsid } from '@frost/lexicon'
import { type PreviewWorld, previewWorld } from './preview-world.ts'
import { siteOf } from './world-with-sign-in.ts'

export const ENTRY = nsid('dataset.entry')
export type Fields = Record<string, unknown>

/** A site in front of a network whose data can be read, and an account on a server that nobody told the site of. */
export interface PublishingWorld extends AsyncDisposable {
  readonly preview: PreviewWorld
  readonly site: { readonly url: string }
  readonly account: { did: string; handle: string; password: string; service: string }
  /** The server of another catalogue: `/page` describes a dataset, as do the answers of DataCite's API. */
  readonly catalogUrl: string
  readonly pathOf: (rkey: string) => string
  readonly recordOf: (rkey: string) => Promise<{ cid: string; value: Fields }>
  readonly recordsOf: (name: string) => Promise<Fields[]>
  /** Writes an entry as any other client does. */
  readonly putEntry: (rkey: string, record: Fields) => Promise<unknown>
}

export async function publishingWorld(): Promise<PublishingWorld> {
  const preview = await previewWorld()
  const pds = await preview.world.network.addPds({ domain: 'polar.test' })
  const account = { ...(await pds.createAccount({ handle: 'amundsen' })), service: pds.url }
  const agent = new AtpAgent({ service: pds.url })
  await agent.login({ identifier: account.handle, password: account.password })
  const catalog = await otherCatalog()
  const site = await siteOf(preview.world, {
    gatewayUrl: preview.gatewayUrl,
    env: { FROST_DATACITE_URL: catalog.url },
  })
  const { did } = account
  return {
    preview,
    site,
    account,
    catalogUrl: catalog.url,
    pathOf: rkey => `/d/${account.handle}/${rkey}`,
    async recordOf(rkey) {
      const { data } = await agent.com.atproto.repo.getRecord({ repo: did, collection: ENTRY, rkey })
      return { cid: data.cid!, value: data.value as Fields }
    },
    async recordsOf(name) {
      const { data } = await agent.com.atproto.repo.listRecords({ repo: did, collection: nsid(name) })
      return data.records.map(({ value }) => value as Fields)
    },
    putEntry: (rkey, record) =>
      agent.com.atproto.repo.putRecord({
        repo: did,
        collection: ENTRY,
        rkey,
        record: { $type: ENTRY, createdAt: '2026-01-01T00:00:00.000Z', ...record },
        validate: false,
      }),
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]()
      catalog.close()
      await preview[Symbol.asyncDispose]()
    },
  }
}

async function otherCatalog(): Promise<{ url: string; close: () => void }> {
  const dataset = {
    '@context': 'https://schema.org',
    '@type': 'Dataset',
    name: 'Fjords',
    description: 'Depths.',
  }
  const answers = new Map([
    ['/page', `<html><script type="application/ld+json">${JSON.stringify(dataset)}</script></html>`],
    [
      `/dois/${encodeURIComponent('10.5072/fjords')}`,
      JSON.stringify({
        data: { attributes: { doi: '10.5072/fjords', titles: [{ title: 'Fjords by DOI' }] } },
      }),
    ],
  ])
  const server = createServer((request, response) => {
    const answer = answers.get(request.url ?? '')
    if (answer === undefined) response.writeHead(404).end()
    else response.end(answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}
