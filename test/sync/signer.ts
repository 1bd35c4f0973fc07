/** Keys of both curves and what they sign. */
import { generateKeyPairSync, type KeyObject, sign as nodeSign, randomBytes } from 'node:crypto'
import { type PublicKey, parseKey } from '@frost/sync/signature'
import secp256k1 from 'secp256k1'
import { cidOf } from './encoding.ts'

export type Curve = 'k256' | 'p256'

/** A signing key; which bytes it has matters to nobody, so it does not follow from the seed. */
export interface Signer {
  readonly curve: Curve
  readonly publicKey: PublicKey
  readonly sign: (message: Uint8Array) => Buffer
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The other of the two signatures that s and -s make. */
export function otherS(signature: Uint8Array, curve: Curve): Buffer {
  const order =
    curve === 'p256' ? P256_ORDER : 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
  const turned = (order - s).toString(16).padStart(64, '0')
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(turned, 'hex')])
}

export function createSigner(curve: Curve): Signer {
  return curve === 'k256' ? k256Signer() : p256Signer()
}

function k256Signer(): Signer {
  let secret = randomBytes(32)
  while (!secp256k1.privateKeyVerify(secret)) secret = randomBytes(32)
  const point = Buffer.from(secp256k1.publicKeyCreate(secret))
  return {
    curve: 'k256',
    publicKey: parseKey(multibase(point, [0xe7, 0x01])),
    sign: message => Buffer.from(secp256k1.ecdsaSign(sha256(message), secret).signature),
  }
}

function p256Signer(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string }
  const odd = Buffer.from(y, 'base64url').at(-1)! & 1
  const point = Buffer.concat([Buffer.from([2 + odd]), Buffer.from(x, 'base64url')])
  return {
    curve: 'p256',
    publicKey: parseKey(multibase(point, [0x80, 0x24])),
    sign: message => signP256(privateKey, message),
  }
}

function signP256(key: KeyObject, message: Uint8Array): Buffer {
  const signature = nodeSign('sha256', message, { key, dsaEncoding: 'ieee-p1363' })
  const high = BigInt(`0x${signature.toString('hex', 32)}`) > P256_ORDER / 2n
  return high ? otherS(signature, 'p256') : signature
}

function sha256(message: Uint8Array): Buffer {
  return Buffer.from(cidOf(message).slice(4), 'latin1')
}

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

function multibase(point: Uint8Array, prefix: readonly number[]): string {
  let number = BigInt(`0x${Buffer.concat([Buffer.from(prefix), point]).toString('hex')}`)
  let text = ''
  for (; number > 0n; number /= 58n) text = base58[Number(number % 58n)]! + text
  return `z${text}`
}
