/** Records of every type, made from the examples of the lexicons: what they refer to is what the writers may hold. */
import { atUri, parseAtUri } from '@frost/lexicon'
import { examples } from '@frost/lexicon/corpus/valid'

/** Every record type by the short name of its collection, e.g. `dataset.entry`. */
export const RECORD_NAMES: readonly string[] = examples.map(({ name }) => name)

const KEYS_A_COLLECTION = 5

/** One of the few keys of a collection, so that records meet again. */
export function keyOf(name: string, random: () => number): string {
  return name.endsWith('actor.profile') ? 'self' : `key-${Math.floor(random() * KEYS_A_COLLECTION)}`
}

/**
 * A valid record of a type. Its references lead to records and accounts of `dids`, there or not; a field that no lexicon knows
 * makes each unlike all others.
 */
export function recordOf(
  name: string,
  dids: readonly string[],
  random: () => number,
): Record<string, unknown> {
  const example = examples.find(known => known.name === name)!
  const did = () => dids[Math.floor(random() * dids.length)]!
  const carried = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const uri = value.startsWith('at://') ? parseAtUri(value) : undefined
      if (uri) return atUri(did(), uri.collection, keyOf(uri.collection, random))
      return /^did:plc:[a-z2-7]{24}$/.test(value) ? did() : value
    }
    if (Array.isArray(value)) return value.map(carried)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, carried(item)]))
  }
  const record = carried(example.record) as Record<string, unknown>
  return { ...record, 'org.example.mark': Math.floor(random() * 2 ** 48) }
}

/** An entry that breaks its lexicon: its commit counts like any other, and nobody is shown it. */
export function brokenEntry(random: () => number): Record<string, unknown> {
  return { title: Math.floor(random() * 1000), createdAt: new Date().toISOString() }
}

export const isBroken = (name: string, value: Readonly<Record<string, unknown>>): boolean =>
  name === 'dataset.entry' && typeof value.title !== 'string'
