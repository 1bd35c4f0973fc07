import { FrostError } from './errors.ts'

/** JSON values, as records are when they are written as text. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** One operation of a JSON Patch (RFC 6902) as corrections hold it: values are JSON text. */
export interface PatchOperation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly valueJson?: string
}

const MOST_OPERATIONS = 256
/** Characters of a document into which something is copied: what is copied into itself doubles each time. */
const LONGEST_COPY = 1024 * 1024
const DEEPEST = 64

/**
 * Applies a patch, all of it or none.
 * @throws FrostError `PatchFailed` that names the operation and why
 */
export function applyPatch(document: Json, patch: readonly PatchOperation[]): Json {
  if (patch.length > MOST_OPERATIONS)
    throw failed('', `it has ${patch.length} operations: ${MOST_OPERATIONS} are read`)
  return patch.reduce(applyOperation, document)
}

function applyOperation(document: Json, { op, path, from, valueJson }: PatchOperation): Json {
  const value = () => {
    const read = readValue(valueJson ?? '')
    if (read !== undefined) return read
    throw failed(
      path,
      `${op} has a value that is no JSON, or lies too deep: ${String(valueJson).slice(0, 60)}`,
    )
  }
  switch (op) {
    case 'add':
      return withValue(document, path, value(), true)
    case 'replace':
      valueAt(document, path)
      return withValue(document, path, value(), false)
    case 'remove':
      return without(document, path)
    case 'move':
      if (path.startsWith(`${from}/`)) throw failed(path, 'a value is moved into itself')
      return withValue(without(document, from ?? ''), path, valueAt(document, from ?? ''), true)
    case 'copy':
      return withValue(document, path, copied(document, from ?? ''), true)
    case 'test':
      if (isSame(valueAt(document, path), value())) return document
      throw failed(path, 'the record says something else there by now')
    default:
      throw failed(path, `'${op.slice(0, 20)}' is no operation`)
  }
}

/** The value of an operation; undefined for what is no JSON or nested deeper than any record is. */
export function readValue(valueJson: string): Json | undefined {
  let depth = 0
  for (const [mark] of valueJson.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (mark === '[' || mark === '{') depth += 1
    else if (mark === ']' || mark === '}') depth -= 1
    if (depth > DEEPEST) return undefined
  }
  try {
    return JSON.parse(valueJson) as Json
  } catch {
    return undefined
  }
}

/** The value that a JSON Pointer (RFC 6901) names. @throws FrostError `PatchFailed` where there is none */
export function valueAt(document: Json, path: string): Json {
  let value: Json | undefined = document
  for (const name of namesOf(path)) {
    value = isObject(value)
      ? Object.hasOwn(value, name)
        ? value[name]
        : undefined
      : Array.isArray(value)
        ? (value as readonly Json[])[placeIn(value.length - 1, name, path)]
        : undefined
    if (value === undefined) throw failed(path, 'there is nothing')
  }
  return value
}

function copied(document: Json, from: string): Json {
  const value = valueAt(document, from)
  if (JSON.stringify([document, value]).length > LONGEST_COPY)
    throw failed(from, `the record would have more than ${LONGEST_COPY} characters by copies`)
  return value
}

function withValue(document: Json, path: string, value: Json, isNew: boolean): Json {
  return changed(
    document,
    namesOf(path),
    path,
    (container, name) => {
      if (Array.isArray(container)) {
        const place = name === '-' && isNew ? container.length : placeIn(container.length, name, path)
        return container.toSpliced(place, isNew ? 0 : 1, value)
      }
      return { ...(container as Readonly<Record<string, Json>>), [name]: value }
    },
    value,
  )
}

function without(document: Json, path: string): Json {
  valueAt(document, path)
  return changed(document, namesOf(path), path, (container, name) => {
    if (Array.isArray(container)) return container.toSpliced(placeIn(container.length - 1, name, path), 1)
    const { [name]: _, ...rest } = container as Readonly<Record<string, Json>>
    return rest
  })
}

/** The document with the innermost container of a path changed; the rest is as it was. */
function changed(
  document: Json,
  names: readonly string[],
  path: string,
  change: (container: Json, name: string) => Json,
  whole?: Json,
): Json {
  const [name, ...rest] = names
  if (name === undefined) {
    if (whole === undefined) throw failed(path, 'a record cannot be removed by a patch')
    return whole
  }
  if (!isObject(document) && !Array.isArray(document)) throw failed(path, 'there is nothing to put it into')
  if (rest.length === 0) return change(document, name)
  const inner = changed(valueAt(document, `/${pointed(name)}`), rest, path, change, whole)
  return Array.isArray(document)
    ? (document as readonly Json[]).with(Number(name), inner)
    : { ...(document as Readonly<Record<string, Json>>), [name]: inner }
}

function namesOf(path: string): string[] {
  if (path === '') return []
  if (!path.startsWith('/')) throw failed(path, 'a path begins with a slash')
  const names = path
    .slice(1)
    .split('/')
    .map(name => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  // Such names change what objects are in JavaScript; no record has them.
  if (names.includes('__proto__')) throw failed(path, 'no record has such a field')
  return names
}

function placeIn(most: number, name: string, path: string): number {
  const place = Number(name)
  if (/^(0|[1-9]\d{0,6})$/.test(name) && place <= most) return place
  throw failed(path, `there is no place '${name.slice(0, 20)}' in the list`)
}

const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const pointed = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')

const failed = (path: string, why: string) =>
  new FrostError('PatchFailed', `the change of '${path.slice(0, 200)}' cannot be made: ${why}`)

/**
 * The patch that makes one value of another, field by field; lists are replaced as a whole. What it changes it tests first, so that
 * it does not undo what was changed meanwhile.
 */
export function patchBetween(before: Json, after: Json, path = ''): PatchOperation[] {
  if (isSame(before, after)) return []
  if (!isObject(before) || !isObject(after))
    return [
      { op: 'test', path, valueJson: JSON.stringify(before) },
      { op: 'replace', path, valueJson: JSON.stringify(after) },
    ]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap(name => {
    const inner = `${path}/${pointed(name)}`
    if (!Object.hasOwn(after, name))
      return [
        { op: 'test', path: inner, valueJson: JSON.stringify(before[name]) },
        { op: 'remove', path: inner },
      ]
    if (!Object.hasOwn(before, name))
      return [{ op: 'add', path: inner, valueJson: JSON.stringify(after[name]) }]
    return patchBetween(before[name]!, after[name]!, inner)
  })
}

/** Whether two values say the same, whatever the order of fields. */
export function isSame(a: Json, b: Json): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, place) => isSame(item, b[place]!))
  if (!isObject(a) || !isObject(b)) return a === b
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => Object.hasOwn(b, name) && isSame(a[name]!, b[name]!))
  )
}
