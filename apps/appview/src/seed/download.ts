import { createHash } from 'node:crypto'
import { copyFile, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ListedFile } from './listing.ts'

/** Tries without a byte more, and milliseconds before the second; it doubles. */
const TRIES = 6
const WAIT = 250
/** Milliseconds for which a connection may be silent. */
const IDLE = 60_000

/** The file is not what the list says. */
export class WrongFileError extends Error {}

/** The snapshot's day is over, or it was withdrawn. */
export class GoneFileError extends WrongFileError {}

/**
 * A file's bytes, held against size and digest. What was interrupted goes on where it was; what is in one of the folders is not
 * fetched.
 * @param folder where it is put
 * @param also where it may lie already
 * @throws WrongFileError; Error that says why it cannot be had
 */
export async function fileOf(file: ListedFile, folder: string, also?: string): Promise<Uint8Array> {
  const path = join(folder, file.name)
  const kept = await whole(path, file)
  if (kept) return checked(kept, file)
  if (also !== undefined) {
    const given = await whole(join(also, file.name), file)
    if (given) {
      checked(given, file)
      await copyFile(join(also, file.name), path)
      return given
    }
  }
  const part = `${path}.part`
  await download(file, part)
  const bytes = await readFile(part)
  try {
    checked(bytes, file)
  } catch (error) {
    // Another time it may come whole.
    await rm(part, { force: true })
    throw error
  }
  await rename(part, path)
  return bytes
}

/** A file that is there; one of another size is not even read. @throws WrongFileError */
async function whole(path: string, { name, size }: ListedFile): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (!found) return undefined
  if (found.size !== size)
    throw new WrongFileError(`${name} has ${found.size} bytes, and ${size} in the list of the snapshot`)
  return readFile(path)
}

function checked(bytes: Uint8Array, { name, size, sha256 }: ListedFile): Uint8Array {
  if (bytes.length !== size)
    throw new WrongFileError(`${name} has ${bytes.length} bytes, and ${size} in the list of the snapshot`)
  const digest = createHash('sha256').update(bytes).digest('hex')
  if (digest !== sha256)
    throw new WrongFileError(`${name} has the SHA-256 ${digest}, and ${sha256} in the list of the snapshot`)
  return bytes
}

async function download(file: ListedFile, part: string): Promise<void> {
  for (let failures = 0; ; ) {
    const before = await lengthOf(part)
    if (before >= file.size) return
    try {
      await append(file, part, before)
    } catch (error) {
      if (error instanceof WrongFileError) throw error
      if ((await lengthOf(part)) > before) failures = 0
      if (++failures >= TRIES)
        throw new Error(`${file.url} cannot be had: ${(error as Error).message}`, { cause: error })
      await delay(WAIT * 2 ** failures)
    }
  }
}

async function append({ name, url, size }: ListedFile, part: string, from: number): Promise<void> {
  const idle = new AbortController()
  const timer = setTimeout(() => idle.abort(new Error('nothing came for a minute')), IDLE)
  try {
    const response = await fetch(url, {
      headers: { ...(from > 0 && { range: `bytes=${from}-` }) },
      redirect: 'error',
      signal: idle.signal,
    })
    if (response.status === 404 || response.status === 410)
      throw new GoneFileError(
        `${name} is no longer there: snapshots last a day, and less where something is taken down: ask for a new one`,
      )
    if (!response.ok) throw new Error(`answered ${response.status}`)
    const goesOn =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${from}-`)
    if (response.status === 206 && !goesOn) throw new Error('answered with another range')
    let length = goesOn ? from : 0
    await using out = await open(part, goesOn ? 'a' : 'w', 0o600)
    for await (const bytes of response.body ?? []) {
      timer.refresh()
      length += bytes.length
      if (length > size) throw new WrongFileError(`${name} is longer than the list says`)
      await out.writeFile(bytes)
    }
    if (length < size) throw new Error(`ended after ${length} of ${size} bytes`)
  } finally {
    clearTimeout(timer)
  }
}

function lengthOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
