/** The key by which a person changes what their DID means without asking any host. */
import { readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import { fileName } from '../accounts.ts'
import { FrostError, UsageError } from '../errors.ts'
import { readJson, writeJson } from '../files.ts'
import type { Settings } from '../settings.ts'

/** As the file holds it, readable by its owner only. Whoever has it can take the account away. */
interface KeyFile {
  readonly what: string
  readonly did?: string
  /** `did:key:…` */
  readonly key: string
  /** secp256k1, hexadecimal. */
  readonly privateKey: string
  readonly createdAt: string
}

const WHAT = 'recovery key of an AT Protocol account: keep it secret, keep a copy where the account is not'

/** Folder of the keys made on this machine. */
export function recoveryKeyFolder({ configDir }: Pick<Settings, 'configDir'>): string {
  return join(configDir, 'recovery-keys')
}

export function recoveryKeyPath(did: string, settings: Pick<Settings, 'configDir'>): string {
  return join(recoveryKeyFolder(settings), `${fileName(did)}.json`)
}

export interface RecoveryKey {
  readonly path: string
  readonly keypair: Secp256k1Keypair
}

/** Makes a key and writes it down before anybody is told of it. @param path File that must not be there yet. */
export async function makeRecoveryKey(path: string, did?: string): Promise<RecoveryKey> {
  if ((await readJson(path)) !== undefined)
    throw new UsageError(`${path} is there already and may be the only key to an account: move it away first`)
  const keypair = await Secp256k1Keypair.create({ exportable: true })
  const file: KeyFile = {
    what: WHAT,
    ...(did && { did }),
    key: keypair.did(),
    privateKey: Buffer.from(await keypair.export()).toString('hex'),
    createdAt: new Date().toISOString(),
  }
  await writeJson(path, file)
  return { path, keypair }
}

/** A key that was made before its account had a DID gets its name. */
export async function nameRecoveryKey(key: RecoveryKey, did: string, path: string): Promise<RecoveryKey> {
  const file = (await readJson<KeyFile>(key.path))!
  await writeJson(key.path, { ...file, did })
  if (key.path !== path) await rename(key.path, path)
  return { ...key, path }
}

/** @throws FrostError `BadKeyFile` that names the file */
export async function readRecoveryKey(path: string): Promise<RecoveryKey> {
  const file = await readJson<Partial<KeyFile>>(path)
  if (!file) throw new FrostError('NoKeyFile', `${path}: there is no such file; give the key's with --key`)
  const { privateKey, key } = file
  if (typeof privateKey !== 'string' || !/^[0-9a-f]{64}$/.test(privateKey))
    throw new FrostError(
      'BadKeyFile',
      `${path} holds no recovery key (64 hexadecimal digits in 'privateKey')`,
    )
  const keypair = await Secp256k1Keypair.import(privateKey, { exportable: true })
  if (key !== undefined && key !== keypair.did())
    throw new FrostError('BadKeyFile', `${path} is damaged: its private key does not belong to ${key}`)
  return { path, keypair }
}

/** The first of the keys on this machine that is among those named; undefined where there is none. */
export async function keyAmong(
  rotationKeys: readonly string[],
  settings: Pick<Settings, 'configDir'>,
): Promise<RecoveryKey | undefined> {
  const folder = recoveryKeyFolder(settings)
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter(name => name.endsWith('.json'))) {
    const key = await readRecoveryKey(join(folder, name)).catch(() => undefined)
    if (key && rotationKeys.includes(key.keypair.did())) return key
  }
  return undefined
}
