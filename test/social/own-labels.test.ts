/** An AppView as a labeler: what its operator labels is read by whoever subscribes, another AppView among them. */

import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import { cborEncode } from '@atproto/common'
import { getServiceEndpoint, getVerificationMaterial } from '@atproto/common-web'
import { Secp256k1Keypair, verifySignature } from '@atproto/crypto'
import { Subscription } from '@atproto/xrpc-server'
import { type AppView, startAppview } from '@frost/appview'
import { nsid } from '@frost/lexicon'
import type { Label } from '@frost/sync/labels'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort } from '../free-port.ts'
import { askAs, askXrpc, newAccount, putRecord, type Stand, stand } from '../stand.ts'

const PASSWORD = 'correct horse'

interface StreamedLabel extends Label {
  readonly ver: number
  readonly sig: Uint8Array
}
interface Message {
  readonly seq: number
  readonly labels: readonly StreamedLabel[]
}

describe('an AppView as a labeler', () => {
  let world: Stand
  let other: AppView
  let otherDir: string
  let lin: Awaited<ReturnType<typeof newAccount>>
  let entry: { uri: string; cid: string }
  beforeAll(async () => {
    world = await stand({ appview: { adminPassword: PASSWORD, port: await freePort() } })
    otherDir = await mkdtemp(join(tmpdir(), 'frost-other-'))
    const { appview, network } = world
    other = await startAppview({
      ...appview.services.config,
      dataDir: otherDir,
      port: 0,
      upstreams: [network.relayUrl],
    })
    lin = await newAccount(network, 'lin')
    entry = await putRecord(lin, 'dataset.entry', 'ice', { title: 'Sea ice' })
    await vi.waitFor(() => shownAt(other), { timeout: 20_000 })
  }, 60_000)
  afterAll(async () => {
    await other?.stop()
    await world?.[Symbol.asyncDispose]()
    await rm(otherDir, { recursive: true, force: true })
  })

  const put = async (label: object) => {
    const response = await fetch(`${world.appview.url}/xrpc/${nsid('admin.putLabel')}`, {
      method: 'POST',
      headers: {
        Authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ subject: entry.uri, ...label }),
    })
    expect(await response.json()).toEqual({})
  }
  /** What an AppView shows of the dataset to whoever hears the first one's labels. */
  const shownAt = async (appview: AppView) => {
    const response = await fetch(
      `${appview.url}/xrpc/${nsid('dataset.getEntry')}?${new URLSearchParams({ uri: entry.uri })}`,
      { headers: { 'Atproto-Accept-Labelers': world.appview.did } },
    )
    if (!response.ok) throw new Error(await response.text())
    const { entry: view } = (await response.json()) as { entry: { labels?: { val: string }[] } }
    return (view.labels ?? []).map(({ val }) => val).sort()
  }
  const isShown = (vals: string[]) => expect.poll(() => shownAt(other), { timeout: 20_000 }).toEqual(vals)
  /** Its DID document, read as the reference implementation reads it. */
  const identity = async () => {
    const document = await (await fetch(`${world.appview.url}/.well-known/did.json`)).json()
    const service = getServiceEndpoint(document, { id: '#atproto_labeler', type: 'AtprotoLabeler' })
    const material = getVerificationMaterial(document, 'atproto_label')!
    return { service: service!, key: `did:key:${material.publicKeyMultibase}` }
  }
  const isSigned = ({ sig, ...fields }: StreamedLabel, key: string) =>
    verifySignature(key, cborEncode(fields), sig)
  /** The stock client of event streams, from a cursor to the label that is waited for. */
  async function streamed(cursor: number, until: (label: StreamedLabel) => boolean) {
    const { service } = await identity()
    const ending = new AbortController()
    const messages: Message[] = []
    const subscription = new Subscription<Message>({
      service: service.replace(/^http/, 'ws'),
      method: 'com.atproto.label.subscribeLabels',
      getParams: () => ({ cursor }),
      validate: value => value as Message,
      signal: ending.signal,
    })
    for await (const message of subscription) {
      messages.push(message)
      if (message.labels.some(until)) ending.abort()
      if (ending.signal.aborted) break
    }
    return messages
  }
  const all = async () => {
    const agent = new AtpAgent({ service: world.appview.url })
    const { data } = await agent.com.atproto.label.queryLabels({ uriPatterns: ['*'], limit: 250 })
    return data.labels as unknown as StreamedLabel[]
  }

  it('has a key that only its user may read, and says in its DID document where it streams', async () => {
    const path = join(world.appview.services.config.dataDir, 'label-key')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const { service, key } = await identity()
    expect(service).toBe(world.appview.services.origin)
    const stored = await Secp256k1Keypair.import((await readFile(path, 'utf8')).trim())
    expect(stored.did()).toBe(key)
  })

  it('is chosen by its DID, and heard: what it labels appears, what it takes back goes', async () => {
    await askAs(lin, other, 'feed.putSettings', {
      input: { labelers: [{ did: world.appview.did, labels: [] }] },
    })
    await put({ val: 'dubious' })
    await isShown(['dubious'])
    await put({ val: 'old', cid: entry.cid })
    await isShown(['dubious', 'old'])
    await put({ val: 'dubious', neg: true })
    await isShown(['old'])
    // Of every state, where none is named.
    await put({ val: 'old', neg: true })
    await isShown([])
    await put({ val: 'for-now', exp: '2999-01-01T00:00:00+01:00' })
    await put({ val: 'over', exp: '2026-01-01T00:00:00Z' })
    await isShown(['for-now'])
    const { labelers } = await askXrpc<{ labelers: object[] }>(other.url, 'service.listLabelers', {
      did: world.appview.did,
    })
    expect(labelers).toMatchObject([{ did: world.appview.did, isUsual: false, definitions: [] }])
  })

  it('streams and answers what the reference implementation takes for signed', async () => {
    const { key } = await identity()
    const messages = await streamed(0, ({ val }) => val === 'over')
    const labels = messages.flatMap(message => message.labels)
    // What was taken back is not told any more, that it was is.
    expect(labels.map(({ val, neg }) => [val, neg])).toEqual([
      ['dubious', true],
      ['old', true],
      ['for-now', undefined],
      ['over', undefined],
    ])
    for (const label of labels) expect(await isSigned(label, key), label.val).toBe(true)
    expect(labels[2]).toMatchObject({
      ver: 1,
      src: world.appview.did,
      uri: entry.uri,
      exp: '2998-12-31T23:00:00.000Z',
    })
    expect(await isSigned({ ...labels[2]!, val: 'for-ever' }, key)).toBe(false)
    const seqs = messages.map(({ seq }) => seq)
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    const later = await streamed(seqs[1]!, ({ val }) => val === 'over')
    expect(later).toEqual(messages.slice(2))
    expect(await all()).toEqual(labels)
    const query = (params: Record<string, string>) =>
      askXrpc<{ labels: Label[]; cursor?: string }>(
        world.appview.url,
        'com.atproto.label.queryLabels',
        params,
      )
    const first = await query({ uriPatterns: `at://${lin.did}/*`, limit: '3' })
    expect(first.labels).toHaveLength(3)
    const second = await query({ uriPatterns: entry.uri, cursor: first.cursor! })
    expect(second.labels.map(({ val }) => val)).toEqual(['over'])
    expect(second).not.toHaveProperty('cursor')
    expect((await query({ uriPatterns: '*', sources: lin.did })).labels).toEqual([])
    expect((await query({ uriPatterns: `at://${other.did}/*` })).labels).toEqual([])
    await expect(query({ uriPatterns: 'at://*/x' })).rejects.toMatchObject({ error: 'InvalidRequest' })
    await expect(streamed(seqs.at(-1)! + 1000, () => true)).rejects.toThrow(/FutureCursor|last label/)
  })

  it('is not believed what it did not sign', async () => {
    const { labels } = world.appview.services
    const forger = await Secp256k1Keypair.create()
    const cts = new Date().toISOString()
    const forged = { src: world.appview.did, uri: entry.uri, val: 'forged', cts }
    const signature = await forger.sign(cborEncode({ ver: 1, ...forged }))
    const seq = (await world.appview.services.index.ownLabels.last(world.appview.did)) + 1
    labels!.stream.tell([{ seq, label: forged, signature }])
    await put({ val: 'checked' })
    await isShown(['checked', 'for-now'])
  })

  it('changes its key: everything is signed anew, and who reads it goes on', async () => {
    const before = await all()
    const old = await identity()
    await world.stopAppview()
    await rm(join(world.appview.services.config.dataDir, 'label-key'))
    await world.restartAppview()
    const { key } = await identity()
    expect(key).not.toBe(old.key)
    const after = await all()
    const unsigned = (labels: readonly StreamedLabel[]) => labels.map(({ sig, ...fields }) => fields)
    expect(unsigned(after)).toEqual(unsigned(before))
    for (const label of after) expect(await isSigned(label, key)).toBe(true)
    await put({ val: 'checked', neg: true })
    await isShown(['for-now'])
  })
})
