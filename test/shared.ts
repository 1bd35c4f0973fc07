import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../shared/', import.meta.url))

/**
 * A file or folder of the corpora and fixtures that lie beside the repository, or undefined where they are absent: the tests
 * that need them then skip, and say so.
 */
export function sharedPath(...parts: string[]): string | undefined {
  const path = join(folder, ...parts)
  if (existsSync(path)) return path
  console.warn(`skipped what needs ${join('../shared', ...parts)}: it is not here`)
  return undefined
}
