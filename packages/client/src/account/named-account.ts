/** Which account a handle means, also where its host is gone, or somebody has changed what the DID says. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isValidDid, isValidHandle, normalizeHandle } from '@atproto/syntax'
import { nsid } from '@frost/lexicon'
import { FrostError } from '../errors.ts'
import { readJson } from '../files.ts'
import { callService } from '../http.ts'
import { resolveHandle, resolveIdentity } from '../identity.ts'
import type { Settings } from '../settings.ts'
import { dataOf, fetchDidLog } from './did-log.ts'
import { recoveryKeyFolder } from './recovery-key.ts'

/**
 * The DID of an account. A DID is taken as it is. A handle that no longer leads to one whose document names it back is looked for
 * where it points, among the accounts whose keys are here, and at AppViews: none of them is believed, the log of the DID must have
 * named the handle at some time.
 * @param appviews Origins.
 * @throws FrostError `HandleNotFound`, `HandleMismatch`, … as it was found first
 */
export async function namedDid(
  account: string,
  settings: Settings,
  appviews: readonly string[] = [],
): Promise<string> {
  const name = account.replace(/^@/, '').replace(/^at:\/\//, '')
  if (isValidDid(name)) return name
  try {
    return (await resolveIdentity(name, settings)).did
  } catch (error) {
    if (!isValidHandle(name)) throw error
    const handle = normalizeHandle(name)
    const candidates = await Promise.all([
      resolveHandle(handle, settings).catch(() => undefined),
      ownDids(settings),
      ...appviews.map(appview => heardBy(appview, handle)),
    ])
    for (const did of new Set(candidates.flat()))
      if (did !== undefined && (await everNamed(did, handle, settings))) return did
    const { code = 'HandleNotFound', message } = error as FrostError
    throw new FrostError(
      code,
      `${message}. Where its host is gone, give the DID: your key and your backups name it`,
      { cause: error },
    )
  }
}

/** The accounts whose keys are on this machine. */
async function ownDids(settings: Settings): Promise<string[]> {
  const folder = recoveryKeyFolder(settings)
  const names = await readdir(folder).catch(() => [])
  const files = names.filter(name => name.endsWith('.json'))
  const read = files.map(name => readJson<{ did?: string }>(join(folder, name)).catch(() => undefined))
  return (await Promise.all(read)).flatMap(file => file?.did ?? [])
}

async function heardBy(appview: string, handle: string): Promise<string | undefined> {
  const params = { actor: handle }
  return callService<{ did?: string }>(appview, nsid('actor.getProfile'), { params }).then(
    ({ did }) => did,
    () => undefined,
  )
}

async function everNamed(did: string, handle: string, settings: Settings): Promise<boolean> {
  if (!did.startsWith('did:plc:')) return false
  const log = await fetchDidLog(did, settings).catch(() => undefined)
  return log?.operations.some(operation => dataOf(operation)?.alsoKnownAs.includes(`at://${handle}`)) ?? false
}
