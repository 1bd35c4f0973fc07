import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secp256k1Keypair, verifySignature } from '@atproto/crypto'
import { labelBytes } from '@frost/sync/labels'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { labelSigner, privateKeyFrom, storedKey } from './signing-key.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frost-label-key-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('makes a key once, for its user alone, whole or not at all', async () => {
  const made = storedKey(folder)
  expect(storedKey(folder)).toEqual(made)
  expect(await readdir(folder)).toEqual(['label-key'])
  const path = join(folder, 'label-key')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).toBe(`${Buffer.from(made).toString('hex')}\n`)
})

it('refuses what is no key, naming where it stands and repeating nothing of it', async () => {
  for (const text of ['', 'secret', '0'.repeat(64), 'f'.repeat(64), 'a'.repeat(63)])
    expect(() => privateKeyFrom(text, 'FROST_LABEL_KEY')).toThrow(
      'FROST_LABEL_KEY is no private key of secp256k1: give 64 hexadecimal digits (openssl rand -hex 32)',
    )
  await writeFile(join(folder, 'label-key'), 'broken')
  expect(() => storedKey(folder)).toThrow('label-key is no private key')
})

it('signs as the reference implementation verifies', async () => {
  const pair = await Secp256k1Keypair.create({ exportable: true })
  const signer = labelSigner('did:web:a.example', await pair.export())
  const label = {
    src: 'did:web:a.example',
    uri: 'did:web:b.example',
    val: 'spam',
    cts: '2026-01-01T00:00:00Z',
  }
  expect(signer.key).toBe(pair.did())
  expect(await verifySignature(pair.did(), labelBytes(label), signer.sign(label))).toBe(true)
})
