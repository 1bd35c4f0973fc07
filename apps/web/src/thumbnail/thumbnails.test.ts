import { settingsFromEnv } from '@frost/client/settings'
import { nsid } from '@frost/lexicon'
import { WebServer } from '@frost/sync/testing/web-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppView } from '../appview.ts'
import { Pictures } from '../profile/picture.ts'
import { Thumbnails, thumbnailPath } from './thumbnails.ts'

const DID = `did:plc:${'a'.repeat(24)}`
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])

/** An AppView, and the server of a picture, in one. */
describe('pictures of datasets', () => {
  let server: WebServer
  let image: unknown
  let file: Buffer
  beforeEach(async () => {
    file = PNG
    server = await WebServer.start(({ pathname }) => {
      if (pathname.endsWith('getEntry'))
        return {
          json: {
            entry: {
              uri: `at://${DID}/${nsid('dataset.entry')}/ice`,
              author: { did: DID },
              record: { title: 'Ice', image },
            },
          },
          headers: { 'content-type': 'application/json' },
        }
      if (pathname === '/moved.png')
        return response => void response.writeHead(302, { location: '/map.png' }).end()
      if (pathname === '/away.png')
        return response => void response.writeHead(302, { location: 'http://10.0.0.1/map.png' }).end()
      return response => void response.writeHead(200, { 'content-type': 'text/html' }).end(file)
    })
    image = { uri: `${server.origin}/map.png` }
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const site = (publicUrl = 'http://localhost:1') => {
    const appview = new AppView(server.origin)
    const settings = settingsFromEnv({}, { FROST_PLC_URL: server.origin })
    return new Thumbnails(appview, new Pictures(appview, { publicUrl, settings }), { publicUrl })
  }
  const filesAsked = () => server.asked.filter(path => path.includes('.png')).length

  it('are fetched once, followed where they moved, and told by their bytes', async () => {
    const thumbnails = site()
    image = { uri: `${server.origin}/moved.png` }
    const [one, other] = await Promise.all([thumbnails.of(DID, 'ice'), thumbnails.of(DID, 'ice')])
    expect(one).toEqual({ bytes: new Uint8Array(PNG), type: 'image/png' })
    expect(other).toBe(one)
    expect(filesAsked()).toBe(2)
  })

  it.each([
    ['a page', () => (file = Buffer.from('<html><script>alert(1)</script>'))],
    [
      'a drawing that may hold script',
      () => (file = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')),
    ],
    ['more than is taken', () => (file = Buffer.concat([PNG, Buffer.alloc(2_000_001)]))],
    ['a private address behind a redirect', () => (image = { uri: `${server.origin}/away.png` })],
    ['a private address', () => (image = { uri: 'https://10.0.0.1/map.png' })],
    ['a file', () => (image = { uri: 'file:///etc/passwd' })],
    [
      'a text of the record’s own',
      () => (image = { uri: `data:image/png;base64,${PNG.toString('base64')}` }),
    ],
    ['nothing', () => (image = undefined)],
  ])('are not shown where the record names %s', async (_what, set) => {
    set()
    const thumbnails = site()
    expect(await thumbnails.of(DID, 'ice')).toBeUndefined()
    const asked = filesAsked()
    expect(await thumbnails.of(DID, 'ice')).toBeUndefined()
    expect(filesAsked()).toBe(asked)
  })

  it('never come from this machine where the site is a public one', async () => {
    expect(await site('https://frost.example.org').of(DID, 'ice')).toBeUndefined()
    expect(filesAsked()).toBe(0)
  })

  it('have another address when they change, and none where there are none', () => {
    const path = (one: unknown) =>
      thumbnailPath({ uri: `at://${DID}/x.y.z/a:b`, record: { title: 'Ice', image: one } as never })
    expect(path({ uri: 'https://e.org/a.png' })).toMatch(/^\/thumbnail\/did:plc:a+\/a%3Ab\?v=[0-9a-f]{12}$/)
    expect(path({ uri: 'https://e.org/b.png' })).not.toBe(path({ uri: 'https://e.org/a.png' }))
    for (const none of [undefined, 7, {}, { uri: 'javascript:alert(1)' }, { uri: 's3://a/b.png' }])
      expect(path(none)).toBeUndefined()
  })
})
