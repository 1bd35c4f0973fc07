/** Who could get an account back if its host were gone, said plainly. */
import { identityOfDid } from '../identity.ts'
import { restoreSession } from '../session.ts'
import { isUsableService, type Settings } from '../settings.ts'
import { newestBackup } from './backup.ts'
import { backupFolder } from './backup-account.ts'
import { current, dataOf, fetchDidLog, RECOVERY_WINDOW_MS } from './did-log.ts'
import { Home } from './home.ts'
import { hostKeys } from './host-keys.ts'
import { Journey, type Passage } from './journey.ts'
import { namedDid } from './named-account.ts'
import { keyAmong } from './recovery-key.ts'
import { recoveryPoint } from './recovery-point.ts'

export interface Standing {
  readonly did: string
  readonly handle?: string
  /** Absent where the DID names none, or was given up. */
  readonly pds?: string
  /** What the PDS says of the account; `unreachable` where it does not answer, `none` where there is none. */
  readonly atPds: string
  /** Keys that may change the DID, the most powerful first. */
  readonly rotationKeys: readonly string[]
  /** Those of them that are the host's by its own word; absent where it was not asked, as of accounts that are not signed in here. */
  readonly hostKeys?: readonly string[]
  /** The one of them that is on this machine. */
  readonly ownKey?: { readonly key: string; readonly path: string; readonly place: number }
  /**
   * `held`: the owner can, with the key here. `undoable`: somebody took the key out, which can be undone until `until`.
   * `elsewhere`: there is a key that is not the host's, or where `hostKeys` is absent more than one, and it is not here. `host`: the
   * PDS alone can. `domain`: whoever has the domain.
   * `nobody`: the DID was given up.
   */
  readonly recoverable: 'held' | 'undoable' | 'elsewhere' | 'host' | 'domain' | 'nobody'
  readonly until?: string
  /** The last change of the DID, while a more powerful key can still undo it. */
  readonly contested?: { readonly at: string; readonly until: string }
  readonly backup?: { readonly folder: string; readonly rev: string; readonly checkedAt: string }
  /** A move or recovery that was broken off. */
  readonly underWay?: Passage
}

/** @param account Handle or DID, of anybody */
export async function accountStanding(account: string, settings: Settings): Promise<Standing> {
  const did = await namedDid(account, settings, [settings.appviewUrl])
  const { pds, handle, ...keys } = did.startsWith('did:plc:')
    ? await saidByLog(did, settings)
    : { ...(await identityOfDid(did, settings)), rotationKeys: [], recoverable: 'domain' as const }
  const folder = backupFolder(did, settings)
  const [atPds, backup, underWay] = await Promise.all([
    pds === undefined ? 'none' : saidBy(pds, did),
    newestBackup(folder),
    Journey.underWay(did, settings),
  ])
  return {
    did,
    ...(handle && { handle }),
    ...(pds && { pds }),
    atPds,
    ...(backup && { backup: { folder, rev: backup.rev, checkedAt: backup.checkedAt } }),
    ...(underWay && { underWay: { did, kind: underWay.kind, to: underWay.to } }),
    ...keys,
    ...(pds &&
      keys.recoverable === 'elsewhere' &&
      (await besidesTheHost(did, pds, keys.rotationKeys, settings))),
  }
}

/** Whether a key is left that is not the host's, where the account is signed in here and its host can be asked. */
async function besidesTheHost(
  did: string,
  pds: string,
  rotationKeys: readonly string[],
  settings: Settings,
): Promise<Pick<Standing, 'hostKeys'> & Partial<Pick<Standing, 'recoverable'>>> {
  const session = await restoreSession(settings, did).catch(() => undefined)
  const said = session?.account.pds === pds ? await hostKeys(Home.signedIn(pds, session.agent)) : undefined
  if (!said) return {}
  const own = rotationKeys.filter(key => said.includes(key))
  return { hostKeys: own, ...(own.length === rotationKeys.length && { recoverable: 'host' }) }
}

/** What the log says, also where somebody has left nothing of the document that could be read. */
async function saidByLog(
  did: string,
  settings: Settings,
): Promise<
  Pick<Standing, 'handle' | 'pds' | 'rotationKeys' | 'ownKey' | 'recoverable' | 'until' | 'contested'>
> {
  const { operations } = await fetchDidLog(did, settings)
  const last = current(operations).at(-1)!
  const { rotationKeys = [], alsoKnownAs, services } = dataOf(last) ?? {}
  const named = alsoKnownAs?.find(name => name.startsWith('at://'))?.slice('at://'.length)
  const endpoint = services?.atproto_pds?.endpoint
  const said = {
    rotationKeys,
    ...(named && { handle: named }),
    ...(endpoint && isUsableService(endpoint) && { pds: new URL(endpoint).origin }),
  }
  const changedAt = Date.parse(last.createdAt)
  const contested =
    operations.length > 1 && Date.now() < changedAt + RECOVERY_WINDOW_MS
      ? {
          contested: {
            at: last.createdAt,
            until: new Date(changedAt + RECOVERY_WINDOW_MS).toISOString(),
          },
        }
      : {}
  const everListed = operations.flatMap(operation => dataOf(operation)?.rotationKeys ?? [])
  const own = await keyAmong(everListed, settings)
  if (own) {
    const key = own.keypair.did()
    const point = await recoveryPoint(did, operations, key).catch(() => undefined)
    if (point) {
      const ownKey = { key, path: own.path, place: rotationKeys.indexOf(key) }
      const { until } = point
      return {
        ...said,
        ownKey,
        recoverable: until ? 'undoable' : 'held',
        ...(until && { until }),
        ...contested,
      }
    }
  }
  const others = rotationKeys.length > 1 ? 'elsewhere' : 'host'
  return { ...said, recoverable: rotationKeys.length === 0 ? 'nobody' : others, ...contested }
}

async function saidBy(pds: string, did: string): Promise<string> {
  try {
    const answer = await Home.public(pds, did).query<{ active?: boolean; status?: string }>(
      'com.atproto.sync.getRepoStatus',
      { did },
    )
    return answer.active ? 'active' : (answer.status ?? 'not active')
  } catch (error) {
    const { code } = error as { code?: string }
    return code === 'Unreachable' ? 'unreachable' : (code ?? 'unknown')
  }
}
