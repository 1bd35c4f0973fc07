import { isObject, type Json, type JsonObject, keysOf } from './keys.ts'

/** One difference between two states of a record. */
export interface Change {
  /** Names of fields, and keys of items (see `keysOf`), from the outside in. */
  readonly path: readonly string[]
  /** reordered: the items of an array are the same as far as no other change says, in another order. */
  readonly kind: 'added' | 'removed' | 'changed' | 'reordered'
  /** Of a reordered array: the keys of its items. */
  readonly before?: Json
  readonly after?: Json
}

/** What differs, field by field. `apply(diff(a, b), a)` is `b`; `diff(a, a)` is empty. */
export function diff(before: JsonObject, after: JsonObject): Change[] {
  return [...changesOfObject([], before, after)]
}

function* changesOfObject(
  path: readonly string[],
  before: JsonObject,
  after: JsonObject,
): Generator<Change, void> {
  for (const name of Object.keys(before))
    if (!Object.hasOwn(after, name)) yield { path: [...path, name], kind: 'removed', before: before[name]! }
  for (const name of Object.keys(after)) {
    const inner = [...path, name]
    if (!Object.hasOwn(before, name)) yield { path: inner, kind: 'added', after: after[name]! }
    else yield* changesOfValue(inner, before[name]!, after[name]!)
  }
}

function* changesOfValue(path: readonly string[], before: Json, after: Json): Generator<Change, void> {
  if (isObject(before) && isObject(after)) return yield* changesOfObject(path, before, after)
  if (Array.isArray(before) && Array.isArray(after)) {
    const field = path.at(-1)!
    const [from, to] = [keysOf(field, before), keysOf(field, after)]
    if (from && to) return yield* changesOfItems(path, itemsOf(from, before), itemsOf(to, after))
  }
  if (!same(before, after)) yield { path, kind: 'changed', before, after }
}

type Items = ReadonlyMap<string, Json>

function* changesOfItems(path: readonly string[], before: Items, after: Items): Generator<Change, void> {
  for (const [key, item] of before)
    if (!after.has(key)) yield { path: [...path, key], kind: 'removed', before: item }
  for (const [key, item] of after) {
    const earlier = before.get(key)
    if (earlier === undefined) yield { path: [...path, key], kind: 'added', after: item }
    else yield* changesOfValue([...path, key], earlier, item)
  }
  const expected = [
    ...[...before.keys()].filter(key => after.has(key)),
    ...[...after.keys()].filter(key => !before.has(key)),
  ]
  const order = [...after.keys()]
  if (expected.some((key, place) => key !== order[place]))
    yield { path, kind: 'reordered', before: [...before.keys()], after: order }
}

/** The later state, from the earlier one and what differs. */
export function apply(changes: readonly Change[], before: JsonObject): JsonObject {
  return applied(
    '',
    before,
    changes.map(change => ({ ...change, rest: change.path })),
  ) as JsonObject
}

interface Step extends Change {
  readonly rest: readonly string[]
}

function applied(field: string, value: Json | undefined, steps: readonly Step[]): Json | undefined {
  let now = value
  const inside = new Map<string, Step[]>()
  let order: readonly string[] | undefined
  for (const step of steps) {
    const [name, ...rest] = step.rest
    if (name !== undefined) inside.set(name, [...(inside.get(name) ?? []), { ...step, rest }])
    else if (step.kind === 'reordered') order = step.after as readonly string[]
    else now = step.kind === 'removed' ? undefined : step.after
  }
  if (inside.size === 0 && order === undefined) return now
  const isArray = Array.isArray(now)
  const members = new Map<string, Json>(
    isArray
      ? itemsOf(keysOf(field, now as readonly Json[])!, now as readonly Json[])
      : Object.entries((now ?? {}) as JsonObject),
  )
  for (const [name, inner] of inside) {
    const member = applied(name, members.get(name), inner)
    if (member === undefined) members.delete(name)
    else members.set(name, member)
  }
  if (!isArray) return Object.fromEntries(members)
  return order ? order.map(key => members.get(key)!) : [...members.values()]
}

function itemsOf(keys: readonly string[], items: readonly Json[]): Items {
  return new Map(keys.map((key, place) => [key, items[place]!]))
}

/** Equal whatever the order in which objects name their fields. */
function same(a: Json, b: Json): boolean {
  if (a === b) return true
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, place) => same(item, b[place]!))
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => Object.hasOwn(b, name) && same(a[name]!, b[name]!))
  )
}

/** A path as text: a JSON Pointer (RFC 6901) whose steps into arrays are the keys of items. */
export function pointerOf(path: readonly string[]): string {
  return path.map(step => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
