import { generateKeyPairSync } from 'node:crypto'
import { P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyError, parseKey, verifySignature } from './signature.ts'

const message = Buffer.from('what was signed')
const orders = {
  k256: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  p256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
}

const bytesOf = (number: bigint) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex')
const sOf = (signature: Uint8Array) => BigInt(`0x${Buffer.from(signature).toString('hex', 32)}`)

describe.each([
  ['k256' as const, () => Secp256k1Keypair.create(), () => P256Keypair.create()],
  ['p256' as const, () => P256Keypair.create(), () => Secp256k1Keypair.create()],
])('a signature by a key of %s', (curve, create, createOther) => {
  it('by the reference implementation is one, of its message and key alone', async () => {
    for (let n = 0; n < 20; n++) {
      const pair = await create()
      const key = parseKey(pair.did())
      const signature = await pair.sign(message)
      expect(key).toMatchObject({ curve, did: pair.did() })
      expect(verifySignature(key, message, signature)).toBe(true)
      expect(verifySignature(key, Buffer.from('what was not'), signature)).toBe(false)
      expect(verifySignature(parseKey((await create()).did()), message, signature)).toBe(false)
      expect(verifySignature(parseKey((await createOther()).did()), message, signature)).toBe(false)
    }
  })

  it('with the other s, which anybody can make of it, is none', async () => {
    const pair = await create()
    const signature = await pair.sign(message)
    const high = Buffer.concat([signature.subarray(0, 32), bytesOf(orders[curve] - sOf(signature))])
    expect(verifySignature(parseKey(pair.did()), message, high)).toBe(false)
  })

  it('law: with any bit turned, cut or prolonged, is none, and nothing throws', async () => {
    const pair = await create()
    const key = parseKey(pair.did())
    const signature = await pair.sign(message)
    fc.assert(
      fc.property(fc.nat(63), fc.nat(7), (at, bit) => {
        const turned = Buffer.from(signature)
        turned[at]! ^= 1 << bit
        expect(verifySignature(key, message, turned)).toBe(false)
        expect(verifySignature(key, message, signature.subarray(0, at))).toBe(false)
        expect(verifySignature(key, message, Buffer.concat([signature, Buffer.alloc(at + 1)]))).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['of zeros', Buffer.alloc(64)],
    ['with r zero', Buffer.concat([bytesOf(0n), bytesOf(1n)])],
    ['with s zero', Buffer.concat([bytesOf(1n), bytesOf(0n)])],
    ['with r of the order', Buffer.concat([bytesOf(orders[curve]), bytesOf(1n)])],
    ['with s of half the order', Buffer.concat([bytesOf(1n), bytesOf(orders[curve] / 2n)])],
    ['with s over half the order', Buffer.concat([bytesOf(1n), bytesOf(orders[curve] / 2n + 1n)])],
    ['of nothing', Buffer.alloc(0)],
  ])('%s is none', async (_, signature) => {
    expect(verifySignature(parseKey((await create()).did()), message, signature)).toBe(false)
  })

  it('is by the same key, however a DID document writes it', async () => {
    const pair = await create()
    const key = parseKey(pair.did())
    const multibase = pair.did().slice('did:key:'.length)
    expect(parseKey(multibase).did).toBe(pair.did())
    expect(parseKey(multibase)).toBe(parseKey(multibase))
    const suite = curve === 'k256' ? 'EcdsaSecp256k1VerificationKey2019' : 'EcdsaSecp256r1VerificationKey2019'
    for (const point of [compressed(key.material), uncompressed(key.material)]) {
      const older = parseKey(`z${base58(point)}`, suite)
      expect(older.did).toBe(pair.did())
      expect(verifySignature(older, message, await pair.sign(message))).toBe(true)
    }
  })
})

/** Keys recovered from signatures whose s was chosen: r, then by s the compressed point. */
const chosen = {
  k256: {
    prefix: [0xe7, 1],
    r: '99c126da20397558f23658764c3a7c583db7ff706e93981cc170e27ca8336201',
    half: '026e497f17dc7cc668a2b4d2ff0c3c7b4d82b36628d6dc4b73d2a7947ae24a9b09',
    over: '035934cec255660e50e6631718dfcf5db4ebcf21b716ee0b019108aa12d87b35d5',
  },
  p256: {
    prefix: [0x80, 0x24],
    r: '3ed7a28ec648edce5d5b7e252f6b2aafbb44835114a24b3caa8f710f64993bc2',
    half: '03539a30c7b10d7e921f52a0cc91c7c0f176838dadddfc6f24ee46c2f3cc8cc5f8',
    over: '030431362f7871d6338fbf6ac5894e3d5e7fa84919d0cfa452589bb1a43e76b63f',
  },
} as const

it.each(['k256', 'p256'] as const)('s may be half the order of %s, and not one more', curve => {
  const { prefix, r, half, over } = chosen[curve]
  const verify = (point: string, s: bigint) => {
    const key = parseKey(multikey(Buffer.from(prefix), Buffer.from(point, 'hex')))
    return verifySignature(key, message, Buffer.concat([Buffer.from(r, 'hex'), bytesOf(s)]))
  }
  expect(verify(half, orders[curve] / 2n)).toBe(true)
  expect(verify(over, orders[curve] / 2n + 1n)).toBe(false)
})

type Material = ReturnType<typeof parseKey>['material']

function uncompressed(material: Material): Buffer {
  if (material instanceof Uint8Array) return Buffer.from(material)
  const { x, y } = material.export({ format: 'jwk' })
  return Buffer.concat([Buffer.of(4), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')])
}

function compressed(material: Material): Buffer {
  const point = uncompressed(material)
  return Buffer.concat([Buffer.of(2 + (point[64]! & 1)), point.subarray(1, 33)])
}

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
function base58(bytes: Uint8Array): string {
  let text = ''
  for (let number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`); number > 0n; number /= 58n)
    text = ALPHABET[Number(number % 58n)]! + text
  return text
}
const multikey = (...bytes: Uint8Array[]) => `z${base58(Buffer.concat(bytes))}`

describe('a key', () => {
  const ed25519 = generateKeyPairSync('ed25519')
    .publicKey.export({ format: 'der', type: 'spki' })
    .subarray(-32)
  it.each([
    ['of another kind (Ed25519)', multikey(Buffer.of(0xed, 1), ed25519), /neither secp256k1 nor P-256/],
    ['in another base', 'did:key:uabc', /not base58btc/],
    ['with letters that base58 lacks', 'z0OIl', /not base58btc/],
    ['without end', `z${'1'.repeat(300)}`, /longer than 200/],
    [
      'that is no point of secp256k1',
      multikey(Buffer.of(0xe7, 1, 2), Buffer.alloc(32, 0xff)),
      /not a point of secp256k1/,
    ],
    [
      'that is no point of P-256',
      multikey(Buffer.of(0x80, 0x24, 2), Buffer.alloc(32, 0xff)),
      /not a point of P-256/,
    ],
    [
      'of P-256 with another head',
      multikey(Buffer.of(0x80, 0x24, 7), Buffer.alloc(32, 1)),
      /not a point of P-256/,
    ],
    ['too short', multikey(Buffer.of(0xe7, 1, 2), Buffer.alloc(31, 1)), /neither/],
    ['of nothing', 'z', /neither/],
  ])('is not one %s', (_, text, why) => {
    expect(() => parseKey(text)).toThrow(KeyError)
    expect(() => parseKey(text)).toThrow(why)
  })

  it('of P-256 lies on the curve: of the points with that x there are two or none', () => {
    let points = 0
    for (let n = 0; n < 64; n++) {
      const x = Buffer.alloc(32, n + 1)
      let even: string | undefined
      try {
        even = parseKey(multikey(Buffer.of(0x80, 0x24, 2), x)).did
        points++
      } catch (error) {
        expect(error).toBeInstanceOf(KeyError)
      }
      const odd = () => parseKey(multikey(Buffer.of(0x80, 0x24, 3), x)).did
      if (even === undefined) expect(odd).toThrow(KeyError)
      else expect(odd()).not.toBe(even)
    }
    expect(points).toBeGreaterThan(10)
    expect(points).toBeLessThan(54)
  })
})
