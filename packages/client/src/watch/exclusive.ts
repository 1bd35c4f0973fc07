import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { FrostError } from '../errors.ts'
import { acquire, isAlive, LOCK_PATIENCE_MS, letGo, lockToken, privateFolder } from '../files.ts'

/**
 * Holds a file for as long as this process lives, so that two do not work from one state. What a killed process left is taken over.
 * @param remedy What to do instead of stopping the holder.
 * @returns what lets go of it
 * @throws FrostError Locked that names the holder, at once where it lives
 */
export async function holdFile(path: string, remedy = 'give another --state'): Promise<() => Promise<void>> {
  await privateFolder(dirname(path))
  const token = lockToken()
  const patience = Date.now() + LOCK_PATIENCE_MS
  while (!(await acquire(path, token, Number.POSITIVE_INFINITY))) {
    const holder = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10)
    if (isAlive(holder))
      throw new FrostError(
        'Locked',
        `process ${holder} works from this state already (${path}): stop it, or ${remedy}`,
      )
    if (Date.now() > patience)
      throw new FrostError('Locked', `${path} names nobody who holds it: delete the file, or ${remedy}`)
    await delay(20)
  }
  return () => letGo(path, token)
}
