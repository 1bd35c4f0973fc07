/** Reference sets in JSON, versions 0 and 1 (fsspec.github.io/kerchunk/spec.html). */
import { ReaderError } from '../../errors.ts'
import { isObject, type JsonObject, parseObject } from '../zarr/json.ts'
import { evaluate, expand, type Scope, type Value } from './expression.ts'
import { type Reference, type References, referenceOf } from './references.ts'

const DOCUMENT = /(^|\/)(\.zarray|\.zgroup|\.zattrs|\.zmetadata|zarr\.json)$/
const MAX_REFERENCES = 4_000_000
const MAX_TEMPLATE_DEPTH = 8

/** @throws {ReaderError} `Corrupt`, `Unsupported`, `OverBudget`. */
export function parseReferences(bytes: Uint8Array, name: string): References {
  const document = parseObject(bytes, name)
  const { version } = document
  if (
    version !== undefined &&
    !isObject(version) &&
    !Array.isArray(version) &&
    version !== 0 &&
    version !== 1 &&
    isObject(document.refs)
  )
    throw new ReaderError(
      'Unsupported',
      `'${name}' is version ${JSON.stringify(version)} of kerchunk references: 0 and 1 are read`,
    )
  const refs = isObject(document.refs) ? document.refs : document
  const scope = templateScope(isObject(document.templates) ? document.templates : {})
  const generated =
    document.refs === refs ? generate(document.gen, scope, name) : new Map<string, Reference>()
  const keys = Object.keys(refs)
  if (keys.length + generated.size > MAX_REFERENCES)
    throw new ReaderError('OverBudget', `'${name}' has more than ${MAX_REFERENCES} references`)
  return {
    documents: keys.filter(key => DOCUMENT.test(key)),
    get(key) {
      if (!Object.hasOwn(refs, key)) return generated.get(key)
      const value = refs[key]
      const filled =
        Array.isArray(value) && typeof value[0] === 'string'
          ? [expand(value[0], scope), ...value.slice(1)]
          : value
      return referenceOf(filled, key, undefined)
    },
  }
}

/** Templates by name; one that holds expressions itself is filled with what it is called with. */
function templateScope(templates: JsonObject): Scope {
  const within =
    (depth: number, outer: ReadonlyMap<string, Value>): Scope =>
    (name, given) => {
      const own = outer.get(name)
      if (own !== undefined) return own
      const template = Object.hasOwn(templates, name) ? templates[name] : undefined
      if (typeof template !== 'string') return undefined
      if (depth > MAX_TEMPLATE_DEPTH) throw new ReaderError('Corrupt', `template '${name}' leads to itself`)
      return expand(template, within(depth + 1, given))
    }
  return within(0, new Map())
}

/** References that are counted out: each dimension takes its values, and all combinations give a key. */
function generate(value: unknown, templates: Scope, name: string): Map<string, Reference> {
  const references = new Map<string, Reference>()
  for (const entry of Array.isArray(value) ? value : []) {
    if (
      !isObject(entry) ||
      typeof entry.key !== 'string' ||
      typeof entry.url !== 'string' ||
      !isObject(entry.dimensions)
    )
      throw new ReaderError('Corrupt', `'${name}': an entry of 'gen' lacks key, url or dimensions`)
    const dimensions = Object.entries(entry.dimensions).map(
      ([variable, values]) => [variable, valuesOf(values, name)] as const,
    )
    const count = dimensions.reduce((product, [, values]) => product * values.length, 1)
    if (references.size + count > MAX_REFERENCES)
      throw new ReaderError('OverBudget', `'${name}': 'gen' makes more than ${MAX_REFERENCES} references`)
    for (let i = 0; i < count; i++) {
      const variables = new Map<string, Value>()
      let rest = i
      for (const [variable, values] of [...dimensions].reverse()) {
        variables.set(variable, values[rest % values.length]!)
        rest = Math.floor(rest / values.length)
      }
      const scope: Scope = (called, given) => variables.get(called) ?? templates(called, given)
      const key = expand(entry.key, scope)
      const place =
        entry.offset === undefined && entry.length === undefined
          ? [expand(entry.url, scope)]
          : [expand(entry.url, scope), numberOf(entry.offset ?? 0, scope), numberOf(entry.length, scope)]
      references.set(key, referenceOf(place, key, undefined))
    }
  }
  return references
}

function numberOf(value: unknown, scope: Scope): number {
  return typeof value === 'string' ? Number(evaluate(expand(value, scope), scope)) : Number(value)
}

function valuesOf(values: unknown, name: string): readonly Value[] {
  if (Array.isArray(values) && values.every(value => typeof value === 'number' || typeof value === 'string'))
    return values
  if (isObject(values)) {
    const { start = 0, stop, step = 1 } = values as { start?: number; stop?: number; step?: number }
    const count = Math.ceil((Number(stop) - Number(start)) / Number(step))
    if (Number.isInteger(count) && count >= 0 && count <= MAX_REFERENCES)
      return Array.from({ length: count }, (_, i) => Number(start) + i * Number(step))
  }
  throw new ReaderError(
    'Corrupt',
    `'${name}': a dimension of 'gen' is ${JSON.stringify(values)?.slice(0, 100)}`,
  )
}
