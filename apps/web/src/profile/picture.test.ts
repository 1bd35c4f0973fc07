import { hash } from 'node:crypto'
import { settingsFromEnv } from '@frost/client/settings'
import { cidToText, RAW_PREFIX } from '@frost/sync/cid'
import { WebServer } from '@frost/sync/testing/web-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppView } from '../appview.ts'
import { Pictures } from './picture.ts'

const DID = `did:plc:${'a'.repeat(24)}`
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])
const cidOf = (bytes: Buffer) => cidToText(RAW_PREFIX + hash('sha256', bytes, 'binary'))
const CID = cidOf(PNG)

/** An AppView, a directory and a PDS in one. */
describe('pictures of profiles', () => {
  let server: WebServer
  let shown: string
  let blob: { status: number; bytes: Buffer }
  beforeEach(async () => {
    shown = CID
    blob = { status: 200, bytes: PNG }
    server = await WebServer.start(({ pathname }) => {
      if (pathname.endsWith('getProfile')) {
        const avatar = { $type: 'blob', ref: { $link: shown }, mimeType: 'image/png', size: PNG.length }
        return { json: { did: DID, record: { avatar } }, headers: { 'content-type': 'application/json' } }
      }
      if (pathname.endsWith('getBlob'))
        return response => void response.writeHead(blob.status).end(blob.bytes)
      const service = [
        { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: server.origin },
      ]
      return { json: { id: DID, service } }
    })
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const pictures = (publicUrl = 'http://localhost:1') =>
    new Pictures(new AppView(server.origin), {
      publicUrl,
      settings: settingsFromEnv({}, { FROST_PLC_URL: server.origin }),
    })
  const blobsAsked = () => server.asked.filter(path => path.includes('getBlob')).length

  it('are fetched once, however many ask', async () => {
    const site = pictures()
    const [one, other] = await Promise.all([site.of(DID, CID), site.of(DID, CID)])
    expect(one).toEqual({ bytes: new Uint8Array(PNG), type: 'image/png' })
    expect(other).toBe(one)
    expect(await site.of(DID, CID)).toBe(one)
    expect(blobsAsked()).toBe(1)
  })

  it('are those that profiles show now, and no other blob of anybody', async () => {
    const site = pictures()
    expect(await site.of(DID, cidOf(Buffer.from('another')))).toBeUndefined()
    expect(server.asked).toEqual([expect.stringContaining('getProfile')])
    expect(await site.of(DID, CID)).toBeDefined()
    shown = cidOf(Buffer.from('another'))
    expect(await site.of(DID, CID)).toBeUndefined()
  })

  it('are not asked of this machine where the site is public', async () => {
    expect(await pictures('https://frost.example.org').of(DID, CID)).toBeUndefined()
    expect(blobsAsked()).toBe(0)
  })

  it('of one account whose server does not answer keep nobody else waiting', async () => {
    const silent = `did:plc:${'b'.repeat(24)}`
    const { promise: full, resolve } = Promise.withResolvers<void>()
    const answer = server.answer
    let held = 0
    server.answer = (url, request) => {
      if (url.pathname === `/${silent}`)
        return {
          json: {
            id: silent,
            service: [
              { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: server.origin },
            ],
          },
        }
      if (url.searchParams.get('did') !== silent) return answer(url, request)
      return () => {
        held += 1
        if (held === 3) resolve()
      }
    }
    const site = pictures()
    const asked = Array.from({ length: 80 }, (_, count) =>
      site.blob(silent, cidOf(Buffer.from(String(count)))),
    )
    await full
    // Three are asked for and 64 wait: the others are answered at once.
    expect(await Promise.all(asked.slice(67))).toEqual(Array(13).fill(undefined))
    expect(await site.of(DID, CID)).toBeDefined()
    expect(held).toBe(3)
    server.answer = answer
    await server[Symbol.asyncDispose]()
    await Promise.all(asked)
  })

  it('may be there a moment later', async () => {
    const site = pictures()
    blob = { status: 502, bytes: PNG }
    expect(await site.of(DID, CID)).toBeUndefined()
    blob = { status: 200, bytes: Buffer.concat([PNG, PNG]) }
    expect(await site.of(DID, CID)).toBeUndefined()
    blob = { status: 200, bytes: PNG }
    expect(await site.of(DID, CID)).toBeDefined()
  })
})
