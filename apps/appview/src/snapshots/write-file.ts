import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

/** Writes bytes as they come. @returns how many they are, and their SHA-256 in hexadecimal */
export async function writeFileOf(
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256')
  let size = 0
  await using file = await open(path, 'wx', 0o600)
  for await (const part of bytes) {
    hash.update(part)
    size += part.length
    await file.writeFile(part)
  }
  await file.sync()
  return { size, sha256: hash.digest('hex') }
}
