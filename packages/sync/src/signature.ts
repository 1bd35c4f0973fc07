/**
 * ECDSA over SHA-256 with the two curves of AT Protocol; low-S is required, since otherwise anybody could turn one valid
 * signature into a second. https://atproto.com/specs/cryptography
 */
import { createPublicKey, hash, type KeyObject, verify as nodeVerify } from 'node:crypto'
import secp256k1 from 'secp256k1'

export interface PublicKey {
  readonly curve: 'k256' | 'p256'
  /** Compressed point as `did:key:z…`, the identity of the key. */
  readonly did: string
  /** Uncompressed point (k256, which libsecp256k1 reads faster) or a node key object (p256). */
  readonly material: Uint8Array | KeyObject
}

export class KeyError extends Error {
  override readonly name = 'KeyError'
}

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const digits = new Int8Array(128).fill(-1)
for (let i = 0; i < 58; i++) digits[alphabet.charCodeAt(i)] = i

function base58Decode(text: string): Uint8Array {
  let number = 0n
  for (const character of text) {
    const digit = digits[character.charCodeAt(0)] ?? -1
    if (digit < 0) throw new KeyError(`key '${text}' is not base58btc`)
    number = number * 58n + BigInt(digit)
  }
  let hex = number.toString(16)
  if (hex.length % 2) hex = `0${hex}`
  const leading = text.length - text.replace(/^1+/, '').length
  return Buffer.concat([Buffer.alloc(leading), number === 0n ? Buffer.alloc(0) : Buffer.from(hex, 'hex')])
}

function base58Encode(bytes: Uint8Array): string {
  let number = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
  let text = ''
  while (number > 0n) {
    text = alphabet[Number(number % 58n)]! + text
    number /= 58n
  }
  for (let i = 0; i < bytes.length && bytes[i] === 0; i++) text = `1${text}`
  return text
}

const MAX_KEYS = 50_000
const cache = new Map<string, PublicKey>()

function k256(point: Uint8Array): PublicKey {
  let full: Uint8Array
  let compressed: Uint8Array
  try {
    full = secp256k1.publicKeyConvert(point, false)
    compressed = secp256k1.publicKeyConvert(point, true)
  } catch {
    throw new KeyError('key is not a point of secp256k1')
  }
  return {
    curve: 'k256',
    did: `did:key:z${base58Encode(Buffer.concat([Buffer.from([0xe7, 0x01]), compressed]))}`,
    material: full,
  }
}

const P256_FIELD = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let b = base % P256_FIELD, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P256_FIELD)
    if (e & 1n) result = (result * b) % P256_FIELD
  return result
}

/** SEC 1 section 2.3.4 for the prime P-256, whose field is 3 modulo 4. */
function p256(point: Uint8Array): PublicKey {
  const hex = (from: number, to: number) => Buffer.from(point.subarray(from, to)).toString('hex')
  const x = BigInt(`0x${hex(1, 33)}`)
  let y: bigint
  if (point.length === 33 && (point[0] === 2 || point[0] === 3)) {
    const square = (x ** 3n - 3n * x + P256_B) % P256_FIELD
    y = power(((square % P256_FIELD) + P256_FIELD) % P256_FIELD, (P256_FIELD + 1n) / 4n)
    if ((y & 1n) !== BigInt(point[0] & 1)) y = P256_FIELD - y
  } else if (point.length === 65 && point[0] === 4) y = BigInt(`0x${hex(33, 65)}`)
  else throw new KeyError('key is not a point of P-256')
  const bytes = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
  try {
    const material = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: bytes(x).toString('base64url'),
        y: bytes(y).toString('base64url'),
      },
    })
    const compressed = Buffer.concat([Buffer.from([0x80, 0x24, y & 1n ? 3 : 2]), bytes(x)])
    return { curve: 'p256', did: `did:key:z${base58Encode(compressed)}`, material }
  } catch {
    throw new KeyError('key is not a point of P-256')
  }
}

/**
 * Reads a key from `did:key:z…`, or from a `publicKeyMultibase` of a DID document: a Multikey, or the bare points of the two
 * older suites, for which `type` must be given. Cached.
 * @throws KeyError if it is not a key of secp256k1 or P-256
 */
export function parseKey(text: string, type = 'Multikey'): PublicKey {
  const name = `${type} ${text}`
  const cached = cache.get(name)
  if (cached) return cached
  if (text.length > 200) throw new KeyError('key is longer than 200 characters')
  const multibase = text.startsWith('did:key:') ? text.slice(8) : text
  if (!multibase.startsWith('z')) throw new KeyError(`key '${text}' is not base58btc (z…)`)
  const bytes = base58Decode(multibase.slice(1))
  let key: PublicKey
  if (type === 'EcdsaSecp256k1VerificationKey2019') key = k256(bytes)
  else if (type === 'EcdsaSecp256r1VerificationKey2019') key = p256(bytes)
  else if (bytes[0] === 0xe7 && bytes[1] === 0x01 && bytes.length === 35) key = k256(bytes.subarray(2))
  else if (bytes[0] === 0x80 && bytes[1] === 0x24 && bytes.length === 35) key = p256(bytes.subarray(2))
  else throw new KeyError(`key '${text}' is neither secp256k1 nor P-256`)
  if (cache.size >= MAX_KEYS) cache.delete(cache.keys().next().value!)
  cache.set(name, key)
  return key
}

/** Half the group order, rounded down: s may be at most this. */
const half = {
  k256: Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex'),
  p256: Buffer.from('7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8', 'hex'),
}

function isLowS(signature: Uint8Array, most: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) {
    const difference = signature[32 + i]! - most[i]!
    if (difference !== 0) return difference < 0
  }
  return true
}

/** Whether `signature` (r ‖ s, 64 bytes, low-S) over SHA-256 of `message` is by the key. Never throws on hostile input. */
export function verifySignature(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || !isLowS(signature, half[key.curve])) return false
  try {
    return key.curve === 'k256'
      ? secp256k1.ecdsaVerify(signature, hash('sha256', message, 'buffer'), key.material as Uint8Array)
      : nodeVerify(
          'sha256',
          message,
          { key: key.material as KeyObject, dsaEncoding: 'ieee-p1363' },
          signature,
        )
  } catch {
    return false // r or s is zero or beyond the group order
  }
}

/** The public key of a private one of secp256k1 (32 bytes). @throws KeyError if it is none */
export function publicKeyOf(privateKey: Uint8Array): PublicKey {
  if (privateKey.length !== 32 || !secp256k1.privateKeyVerify(privateKey))
    throw new KeyError('not a private key of secp256k1: 32 bytes below the order of the group')
  return k256(secp256k1.publicKeyCreate(privateKey))
}

/** Signs SHA-256 of a message with a private key of secp256k1: r ‖ s, low-S, the same each time (RFC 6979). */
export function signMessage(privateKey: Uint8Array, message: Uint8Array): Uint8Array {
  return secp256k1.ecdsaSign(hash('sha256', message, 'buffer'), privateKey).signature
}
