import { open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FrostError } from '../errors.ts'
import { isAlive, privateFolder } from '../files.ts'

/**
 * Holds a file for as long as this process lives, so that two do not work from one state. What a killed process left is taken over.
 * @returns what lets go of it
 * @throws FrostError Locked that names the holder
 */
export async function holdFile(path: string): Promise<() => Promise<void>> {
  await privateFolder(dirname(path))
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(String(process.pid)).finally(() => file.close())
      return () => rm(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10)
    if (isAlive(holder))
      throw new FrostError(
        'Locked',
        `process ${holder} works from this state already (${path}): stop it, or give another --state`,
      )
    await rm(path, { force: true })
  }
}
