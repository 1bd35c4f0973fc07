/** Accounts with records and blobs, and what a repository is, for the tests of keeping and moving them. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accountKeys } from '@frost/client/account/account-keys'
import { Home } from '@frost/client/account/home'
import { type RepositorySummary, readRepository } from '@frost/client/account/repository-car'
import { loginWithPassword, type Session } from '@frost/client/session'
import { type Settings, settingsFromEnv } from '@frost/client/settings'
import { nsid } from '@frost/lexicon'
import type { TestNetwork } from '@frost/network/testing'
import { newAccount, putRecord } from '../stand.ts'

export interface Person extends Awaited<ReturnType<typeof newAccount>> {
  readonly settings: Settings
  readonly session: Session
  readonly email: string
}

/** Settings of a person with a configuration folder of their own. */
export function settingsFor(network: TestNetwork): Settings {
  const FROST_CONFIG = mkdtempSync(join(tmpdir(), 'frost-exit-'))
  return settingsFromEnv({ service: network.pds().url }, { FROST_CONFIG, FROST_PLC_URL: network.plcUrl })
}

/** Somebody who has published datasets, something of another application, and a blob. */
export async function person(network: TestNetwork, handle: string, pds?: string): Promise<Person> {
  const made = await newAccount(network, handle, pds)
  await furnish(made)
  const settings = settingsFor(network)
  const session = await loginWithPassword(made.did, made.account.password, settings)
  return { ...made, settings, session, email: made.account.email }
}

/** One pixel. */
export const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

export async function furnish(made: Awaited<ReturnType<typeof newAccount>>): Promise<void> {
  const { data } = await made.agent.uploadBlob(PICTURE, { encoding: 'image/png' })
  await putRecord(made, 'actor.profile', 'self', { name: 'Ada', avatar: data.blob })
  for (const slug of ['sst', 'wind', 'waves']) await putRecord(made, 'dataset.entry', slug, entry(slug))
  await made.agent.com.atproto.repo.createRecord({
    repo: made.did,
    collection: 'com.example.note',
    record: { $type: 'com.example.note', text: 'of another application' },
    validate: false,
  })
}

export function entry(title: string): Record<string, unknown> {
  return {
    title,
    description: `About ${title}`,
    license: 'CC-BY-4.0',
    distributions: [{ id: 'main', uri: `https://data.example.org/${title}.zarr`, format: 'zarr' }],
  }
}

/** What the PDS gives of a repository, verified. */
export async function repositoryOf(did: string, pds: string, settings: Settings): Promise<RepositorySummary> {
  const { keys } = await accountKeys(did, settings)
  return readRepository(await Home.public(pds, did).repository(), did, keys)
}

export const entryUri = (did: string, slug: string) => `at://${did}/${nsid('dataset.entry')}/${slug}`
