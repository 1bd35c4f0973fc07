import { P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HandleResolver } from './handle.ts'
import { HttpClient } from './http.ts'
import { IdentityResolver, parseDidDocument } from './identity.ts'
import { WebServer } from './testing/web-server.ts'

const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const pair = await Secp256k1Keypair.create()
const former = await P256Keypair.create()
const multibase = pair.did().slice('did:key:'.length)
const guard = { allowLoopbackHttp: true }

function documentOf(did = DID, more: Readonly<Record<string, unknown>> = {}) {
  return {
    id: did,
    alsoKnownAs: ['at://A.test'],
    verificationMethod: [
      { id: `${did}#atproto`, type: 'Multikey', controller: did, publicKeyMultibase: multibase },
    ],
    service: [
      { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: 'https://pds.example.org' },
    ],
    ...more,
  }
}

describe('a DID document', () => {
  it('says key, PDS and claimed handle', () => {
    expect(parseDidDocument(DID, documentOf(), guard)).toMatchObject({
      did: DID,
      pds: 'https://pds.example.org',
      key: { did: pair.did() },
      claimedHandle: 'a.test',
    })
  })

  it.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    ['no keys', { verificationMethod: undefined }, { key: undefined }],
    [
      'a key for something else',
      { verificationMethod: [{ ...documentOf().verificationMethod[0], id: `${DID}#other` }] },
      { key: undefined },
    ],
    [
      'a key of another account',
      { verificationMethod: [{ ...documentOf().verificationMethod[0], id: 'did:plc:b#atproto' }] },
      { key: undefined },
    ],
    [
      'a key of another kind',
      { verificationMethod: [{ ...documentOf().verificationMethod[0], publicKeyMultibase: 'z6MkhaXg' }] },
      { key: undefined },
    ],
    [
      'a key by a fragment alone',
      { verificationMethod: [{ ...documentOf().verificationMethod[0], id: '#atproto' }] },
      { key: { did: pair.did() } },
    ],
    [
      'a service of another type',
      { service: [{ ...documentOf().service[0], type: 'Other' }] },
      { pds: undefined },
    ],
    [
      'a PDS that may not be talked to',
      { service: [{ ...documentOf().service[0], serviceEndpoint: 'http://10.0.0.1' }] },
      { pds: undefined },
    ],
    [
      'a PDS that is an object',
      { service: [{ ...documentOf().service[0], serviceEndpoint: {} }] },
      { pds: undefined },
    ],
    [
      'nonsense for lists',
      { service: 7, verificationMethod: {}, alsoKnownAs: 'at://a.test' },
      { pds: undefined, key: undefined, claimedHandle: undefined },
    ],
    [
      'names that are no handles',
      { alsoKnownAs: [7, 'https://a.test', 'at://nobody', 'at://b.test'] },
      { claimedHandle: 'b.test' },
    ],
    ['nulls', { service: [null], verificationMethod: [null] }, { pds: undefined, key: undefined }],
  ])('with %s', (_, more, wanted) => {
    expect(parseDidDocument(DID, documentOf(DID, more), guard)).toMatchObject(wanted)
  })

  it.each([[null], [undefined], ['text'], [documentOf('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')]])(
    'of another DID, or none, is refused',
    document => {
      expect(() => parseDidDocument(DID, document, guard)).toThrow(/says it is of/)
    },
  )
})

describe('identities', () => {
  let directory: WebServer
  let http: HttpClient
  let now: number
  let documents: Map<string, unknown>
  beforeEach(async () => {
    http = new HttpClient(guard)
    now = 1_000_000
    documents = new Map([[DID, documentOf()]])
    directory = await WebServer.start(({ pathname }) => {
      const document = documents.get(decodeURIComponent(pathname.slice(1)))
      if (typeof document === 'number') return { status: document }
      return document === undefined ? { status: 404 } : { json: document }
    })
  })
  afterEach(async () => {
    http.close()
    await directory[Symbol.asyncDispose]()
  })

  const resolver = (more: { capacity?: number; handleResolver?: HandleResolver } = {}) =>
    new IdentityResolver({
      ...guard,
      http,
      plcUrl: directory.origin,
      handleResolver: async () => undefined,
      now: () => now,
      ...more,
    })

  it('are kept, until they are too old for who asks, or forgotten', async () => {
    const identities = resolver()
    expect((await identities.resolve(DID)).fetched).toBe(1_000_000)
    now += 5000
    await identities.resolve(DID, 5000)
    expect(directory.asked).toHaveLength(1)
    expect(identities.peek(DID, 5000)?.pds).toBe('https://pds.example.org')
    expect(identities.peek(DID, 4999)).toBeUndefined()
    expect((await identities.resolve(DID, 4999)).fetched).toBe(1_005_000)
    now += 86_400_001
    expect(identities.peek(DID)).toBeUndefined()
    await identities.resolve(DID)
    expect(directory.asked).toHaveLength(3)
    identities.forget(DID)
    expect(identities.peek(DID)).toBeUndefined()
    await identities.resolve(DID)
    expect(directory.asked).toHaveLength(4)
  })

  it('are asked for once by many, and once more for who must know what is so now', async () => {
    const identities = resolver()
    const open = Promise.withResolvers<void>()
    directory.answer = async () => {
      await open.promise
      return { json: documentOf(DID, { alsoKnownAs: [`at://n${directory.asked.length}.test`] }) }
    }
    const early = [identities.resolve(DID), identities.resolve(DID)]
    const fresh = [identities.resolve(DID, 0), identities.resolve(DID, 0)]
    open.resolve()
    const claimed = async (list: typeof early) =>
      (await Promise.all(list)).map(({ claimedHandle }) => claimedHandle)
    // The answer under way may tell what was.
    expect(await claimed(early)).toEqual(['n1.test', 'n1.test'])
    expect(await claimed(fresh)).toEqual(['n2.test', 'n2.test'])
    expect(directory.asked).toHaveLength(2)
  })

  it('that could not be had are not asked for at every event, but when it must be known', async () => {
    const identities = resolver()
    documents.set(DID, 503)
    for (let n = 0; n < 3; n++)
      await expect(identities.resolve(DID)).rejects.toMatchObject({ kind: 'unreachable' })
    expect(directory.asked).toHaveLength(1)
    await expect(identities.resolve(DID, 0)).rejects.toMatchObject({ kind: 'unreachable' })
    expect(directory.asked).toHaveLength(2)
    documents.set(DID, documentOf())
    now += 5001
    expect((await identities.resolve(DID)).did).toBe(DID)
    documents.set(DID, 503)
    // What is known is good until it is too old.
    expect((await identities.resolve(DID)).did).toBe(DID)
  })

  it('are kept in a bounded number, the longest unrefreshed dropped', async () => {
    const identities = resolver({ capacity: 2 })
    const dids = ['a', 'b', 'c'].map(letter => `did:plc:${letter.repeat(24)}`)
    for (const did of dids) {
      documents.set(did, documentOf(did))
      await identities.resolve(did)
    }
    expect(dids.map(did => identities.peek(did) !== undefined)).toEqual([false, true, true])
  })

  it('are gone, unknown, unreachable or invalid', async () => {
    const identities = resolver()
    documents.set(DID, 410)
    await expect(identities.resolve(DID, 0)).rejects.toMatchObject({ kind: 'gone' })
    documents.delete(DID)
    await expect(identities.resolve(DID, 0)).rejects.toMatchObject({ kind: 'not-found' })
    documents.set(`${DID}/log/last`, { type: 'plc_tombstone' })
    await expect(identities.resolve(DID, 0)).rejects.toMatchObject({ kind: 'gone' })
    documents.set(`${DID}/log/last`, { type: 'plc_operation' })
    await expect(identities.resolve(DID, 0)).rejects.toMatchObject({ kind: 'not-found' })
    documents.set(DID, documentOf('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'))
    await expect(identities.resolve(DID, 0)).rejects.toMatchObject({ kind: 'invalid' })
    documents.set(DID, documentOf(DID, { more: 'x'.repeat(70_000) }))
    await expect(identities.resolve(DID, 0)).rejects.toMatchObject({ kind: 'unreachable' })
  })

  it.each([
    'nobody',
    'did:key:z6Mk',
    'did:plc:short',
    'did:web:localhost%3A70000000',
    'did:web:a%2Fb',
    'did:web:10.0.0.1%3A80',
    'did:web:%',
  ])("of '%s' are not asked for", async did => {
    await expect(resolver().resolve(did)).rejects.toMatchObject({ kind: 'invalid' })
    expect(directory.asked).toEqual([])
  })

  it('of did:web lie at their host', async () => {
    const did = `did:web:${encodeURIComponent(directory.host)}`
    documents.set('.well-known/did.json', documentOf(did))
    expect((await resolver().resolve(did)).key?.did).toBe(pair.did())
  })

  it('have a handle where it points back, none where it does not, and it is not known where nobody can be asked', async () => {
    const answers: Record<string, () => Promise<string | undefined>> = {
      'yes.test': async () => DID,
      'no.test': async () => 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa',
      'none.test': async () => undefined,
      'away.test': () => Promise.reject(new Error('away')),
    }
    const identities = resolver({ handleResolver: handle => answers[handle]!() })
    const of = async (handle: string) => {
      documents.set(DID, documentOf(DID, { alsoKnownAs: [`at://${handle}`] }))
      return identities.handle(await identities.resolve(DID, 0))
    }
    expect(await of('yes.test')).toBe('yes.test')
    expect(await of('no.test')).toBeUndefined()
    expect(await of('none.test')).toBeUndefined()
    await expect(of('away.test')).rejects.toThrow('away')
  })

  it('tell the keys that they had before, newest first, nullified ones left out', async () => {
    const other = await Secp256k1Keypair.create()
    const operation = (key: string) => ({ operation: { verificationMethods: { atproto: key } } })
    documents.set(`${DID}/log/audit`, [
      { operation: { signingKey: former.did() } },
      { ...operation(other.did()), nullified: true },
      operation('no key'),
      operation(pair.did()),
      null,
      operation(former.did()),
      operation(pair.did()),
    ])
    expect((await resolver().formerKeys(DID)).map(({ did }) => did)).toEqual([pair.did(), former.did()])
    expect(await resolver().formerKeys('did:web:a.test')).toEqual([])
  })
})
