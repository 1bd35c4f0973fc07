import { describe, expect, it } from 'vitest'
import { createHandleResolver, HandleError, isHandle } from './handle.ts'
import { HttpClient } from './http.ts'
import { WebServer } from './testing/web-server.ts'

const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const http = new HttpClient({ allowLoopbackHttp: true })
const silent = { resolveTxt: async (): Promise<string[][]> => [] }

describe('a handle', () => {
  it.each([
    'a.test',
    'jay.bsky.social',
    '8.cn',
    'name.t--t',
    'xn--notarealidn.com',
    `${'a'.repeat(63)}.test`,
  ])('may be %s', text => {
    expect(isHandle(text)).toBe(true)
  })
  it.each([
    '',
    'a',
    'a.',
    '.a',
    'A.test',
    'a_b.test',
    '-a.test',
    'a-.test',
    'a..test',
    'a.8',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(130)}test`,
  ])("may not be '%s'", text => {
    expect(isHandle(text)).toBe(false)
  })
})

describe('the DID that a handle points at', () => {
  it('is what DNS says', async () => {
    const asked: string[] = []
    const resolve = createHandleResolver(http, {
      allowLoopbackHttp: false,
      dns: {
        async resolveTxt(name: string) {
          asked.push(name)
          return [['v=spf1'], ['did=did:plc:', 'ewvi7nxzyoun6zhxrhs64oiz']]
        },
      },
    })
    expect(await resolve('science.example.org', { did: DID })).toBe(DID)
    expect(asked).toEqual(['_atproto.science.example.org'])
  })

  it.each([
    ['says two', [['did=did:plc:a'], [`did=${DID}`]]],
    ['says what is no DID', [['did=nobody']]],
    ['says nothing of it', [['v=spf1']]],
  ])('is not there where DNS %s and nobody is there', async (_, rows) => {
    const resolve = createHandleResolver(http, {
      allowLoopbackHttp: false,
      dns: { resolveTxt: async () => rows },
    })
    // The host cannot be reached here: that is no answer, and must not pass for one.
    await expect(resolve('nowhere.invalid-host.example.org', { did: DID })).rejects.toThrow(HandleError)
  })

  it.each(['a.test', 'a.localhost', 'a.internal', 'a.onion', 'a.local', 'a.example'])(
    '%s is nobody’s on the public network, and nobody is asked',
    async handle => {
      const dns = {
        resolveTxt: (): never => {
          throw new Error('asked')
        },
      }
      const resolve = createHandleResolver(http, { allowLoopbackHttp: false, dns })
      expect(await resolve(handle, { did: DID })).toBeUndefined()
    },
  )

  it('is what its PDS says in a local network', async () => {
    await using pds = await WebServer.start(({ searchParams }) =>
      searchParams.get('handle') === 'a.test'
        ? { json: { did: DID } }
        : { status: 400, json: { error: 'HandleNotFound' } },
    )
    const resolve = createHandleResolver(http, { allowLoopbackHttp: true, dns: silent })
    expect(await resolve('a.test', { did: DID, pds: pds.origin })).toBe(DID)
    expect(await resolve('b.test', { did: DID, pds: pds.origin })).toBeUndefined()
    expect(pds.asked[0]).toBe('/xrpc/com.atproto.identity.resolveHandle?handle=a.test')
    const outside = createHandleResolver(http, { allowLoopbackHttp: false, dns: silent })
    expect(await outside('a.test', { did: DID, pds: pds.origin })).toBeUndefined()
    expect(pds.asked).toHaveLength(2)
  })

  it('is not known, which is not the same as none, where the PDS cannot be asked', async () => {
    await using pds = await WebServer.start(() => ({ status: 503 }))
    const resolve = createHandleResolver(http, { allowLoopbackHttp: true, dns: silent })
    await expect(resolve('a.test', { did: DID, pds: pds.origin })).rejects.toThrow(HandleError)
    pds.answer = () => ({ status: 429 })
    await expect(resolve('a.test', { did: DID, pds: pds.origin })).rejects.toThrow(HandleError)
    const { origin } = pds
    await pds[Symbol.asyncDispose]()
    await expect(resolve('a.test', { did: DID, pds: origin })).rejects.toThrow(HandleError)
  })

  it('is none where the PDS answers nonsense', async () => {
    await using pds = await WebServer.start(() => ({ json: { did: 7 } }))
    const resolve = createHandleResolver(http, { allowLoopbackHttp: true, dns: silent })
    expect(await resolve('a.test', { did: DID, pds: pds.origin })).toBeUndefined()
  })
})
