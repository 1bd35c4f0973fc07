import { createHash } from 'node:crypto'
import type { Objects, ReadOptions } from '../objects.ts'
import type { Evidence } from './comparison.ts'

/** What tells an object's content from another's: its size and a digest of some, or all, of its bytes. */
export interface Print {
  readonly size: number | undefined
  readonly digest: string
}

/** Objects of at most so many bytes are read whole; of larger ones the beginning, the middle and the end. */
const WHOLE_BYTES = 64 * 1024
const PART_BYTES = 16 * 1024
/** Of a full read, so that memory stays bounded. */
const STEP_BYTES = 8 * 1024 * 1024
const AT_A_TIME = 6

/**
 * An object's print; undefined where there is no object.
 * @param full its every byte is read
 * @throws {ReaderError}
 */
export async function printOf(
  objects: Objects,
  path: string,
  full: boolean,
  options: ReadOptions,
): Promise<Print | undefined> {
  const first = await objects.getRange(path, 0, full ? STEP_BYTES : WHOLE_BYTES, options)
  if (first === undefined) return undefined
  const { size, bytes } = first
  const hash = createHash('sha256').update(bytes)
  if (size !== undefined && size > bytes.length) {
    if (full) await updateWithRest(hash, objects, path, bytes.length, size, options)
    else
      for (const start of [Math.floor(size / 2), Math.max(bytes.length, size - PART_BYTES)])
        hash.update((await objects.getRange(path, start, Math.min(size, start + PART_BYTES), options))!.bytes)
  }
  return { size: size ?? bytes.length, digest: hash.digest('hex') }
}

async function updateWithRest(
  hash: { update(bytes: Uint8Array): unknown },
  objects: Objects,
  path: string,
  from: number,
  size: number,
  options: ReadOptions,
): Promise<void> {
  for (let start = from; start < size; start += STEP_BYTES) {
    const part = await objects.getRange(path, start, Math.min(size, start + STEP_BYTES), options)
    hash.update(part?.bytes ?? new Uint8Array())
  }
}

/** Of those that others are held against, by what was read of which path; gone with them. */
const known = new WeakMap<Objects, Map<string, Promise<Print | undefined>>>()

/**
 * As {@link printOf}, of what many are held against: each object is read once, however many there are.
 * @throws {ReaderError}
 */
export function printOfReference(
  objects: Objects,
  path: string,
  full: boolean,
  options: ReadOptions,
): Promise<Print | undefined> {
  return remembered(objects, path, full, () => printOf(objects, path, full, options))
}

function remembered(
  objects: Objects,
  path: string,
  full: boolean,
  read: () => Promise<Print | undefined>,
): Promise<Print | undefined> {
  const prints = known.get(objects) ?? new Map<string, Promise<Print | undefined>>()
  known.set(objects, prints)
  const name = `${full ? 'all' : 'some'} of ${path}`
  const before = prints.get(name)
  if (before) return before
  const reading = read()
  prints.set(name, reading)
  // What failed may succeed another time.
  reading.catch(() => prints.delete(name))
  return reading
}

/**
 * The digest of a whole object, by any algorithm of Node's, read in steps; its print is known from then on.
 * @throws {ReaderError}
 */
export async function digestOf(
  objects: Objects,
  path: string,
  algorithm: string,
  options: ReadOptions,
): Promise<string | undefined> {
  if (algorithm === 'sha256') return (await printOfReference(objects, path, true, options))?.digest
  let digest: string | undefined
  const print = async () => {
    const [hash, sha256] = [createHash(algorithm), createHash('sha256')]
    const both = { update: (bytes: Uint8Array) => [hash.update(bytes), sha256.update(bytes)] }
    const first = await objects.getRange(path, 0, STEP_BYTES, options)
    if (first === undefined) return undefined
    both.update(first.bytes)
    const { size = first.bytes.length } = first
    await updateWithRest(both, objects, path, first.bytes.length, size, options)
    digest = hash.digest('hex')
    return { size, digest: sha256.digest('hex') }
  }
  await remembered(objects, path, true, print)
  // It was read for another digest before.
  if (digest === undefined) await print()
  return digest
}

export interface PairsSeen {
  /** Paths of those that neither lacks and that differ, of those that one of the two lacks. */
  readonly differing: readonly string[]
  readonly missingInCopy: readonly string[]
  readonly missingInReference: readonly string[]
  /** Of those that must exist: paths of those that both lack. */
  readonly missingInBoth: readonly string[]
  /** Those that one of the two has at least. */
  readonly checked: number
  readonly absent: number
}

export interface PairOptions extends ReadOptions {
  /** Each is named by the metadata of both: that neither has it is a fault, not a chunk of fill values. */
  readonly mustExist?: boolean
}

/**
 * Holds objects of two copies against each other.
 * @param paths where each lies in both
 * @throws {ReaderError}
 */
export async function comparePairs(
  copies: readonly [reference: Objects, copy: Objects],
  paths: readonly string[],
  full: boolean,
  { mustExist = false, ...options }: PairOptions,
): Promise<PairsSeen> {
  let absent = 0
  const seen = {
    differing: [] as string[],
    missingInCopy: [] as string[],
    missingInReference: [] as string[],
    missingInBoth: [] as string[],
  }
  for (let at = 0; at < paths.length; at += AT_A_TIME)
    await Promise.all(
      paths.slice(at, at + AT_A_TIME).map(async path => {
        const [a, b] = await Promise.all([
          printOfReference(copies[0], path, full, options),
          printOf(copies[1], path, full, options),
        ])
        if (a === undefined && b === undefined) {
          absent++
          if (mustExist) seen.missingInBoth.push(path)
        } else if (b === undefined) seen.missingInCopy.push(path)
        else if (a === undefined) seen.missingInReference.push(path)
        else if (a.digest !== b.digest || a.size !== b.size) seen.differing.push(path)
      }),
    )
  return { ...seen, checked: paths.length - absent, absent }
}

/** What was seen, as evidence. */
export function evidenceOf(what: string, total: number, seen: PairsSeen): Evidence {
  const { differing, missingInCopy, missingInReference, missingInBoth, checked, absent } = seen
  const named = (names: readonly string[]) =>
    names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '')
  const faults = [
    differing.length > 0 && `${differing.length} differ: ${named(differing)}`,
    missingInCopy.length > 0 && `${missingInCopy.length} are missing in the copy: ${named(missingInCopy)}`,
    missingInReference.length > 0 &&
      `${missingInReference.length} are missing in the original: ${named(missingInReference)}`,
    missingInBoth.length > 0 && `${missingInBoth.length} are missing in both: ${named(missingInBoth)}`,
  ].filter(Boolean)
  const findings =
    faults.length > 0 || checked === 0 ? faults.map(fault => `; ${fault}`).join('') : ', all the same'
  const neither = absent > missingInBoth.length ? `; ${absent} that neither has` : ''
  return {
    what,
    agrees: faults.length === 0,
    looked: checked,
    note: `${checked} of ${total} looked at${findings}${neither}`,
  }
}
