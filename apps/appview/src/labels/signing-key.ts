import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LabelSigner } from '@frost/index/moderation/own-labels'
import { labelBytes } from '@frost/sync/labels'
import { publicKeyOf, signMessage } from '@frost/sync/signature'

const FILE = 'label-key'

/** Reads a private key of secp256k1 as 64 hexadecimal digits. @throws a message that repeats nothing of it */
export function privateKeyFrom(text: string, name: string): Uint8Array {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : new Uint8Array()
  try {
    publicKeyOf(key)
  } catch {
    throw new Error(
      `${name} is no private key of secp256k1: give 64 hexadecimal digits (openssl rand -hex 32)`,
    )
  }
  return key
}

/** The key that lies in the AppView's folder, readable by its user only; made where there is none. */
export function storedKey(folder: string): Uint8Array {
  const path = join(folder, FILE)
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  try {
    // Whole or not at all, and never in place of another.
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    chmodSync(path, 0o600)
  } finally {
    rmSync(draft)
  }
  return privateKeyFrom(readFileSync(path, 'utf8').trim(), path)
}

/** Signs the labels of a DID. */
export function labelSigner(did: string, privateKey: Uint8Array): LabelSigner {
  return {
    did,
    key: publicKeyOf(privateKey).did,
    sign: label => signMessage(privateKey, labelBytes(label)),
  }
}
