/**
 * A quick yes for what is surely valid. The validators of `@atproto/lex` keep a path and make a result for every field, which is
 * most of what it costs to hold a record against its lexicon; nearly all records are valid and need neither.
 */
import { isPlainObject, isStringFormat, type l } from '@atproto/lex'

/** True: the schema accepts the value. False says nothing: ask the schema. */
export type Acceptance = (value: unknown) => boolean

/** What this reads of the schemas of `@atproto/lex`; see each in `@atproto/lex-schema/dist/schema`. */
interface Node {
  readonly type: string
  readonly $type: string
  readonly schema: l.Schema<unknown>
  readonly validator: l.Schema<unknown>
  readonly shape: Readonly<Record<string, l.Schema<unknown>>>
  readonly validators: readonly l.Schema<unknown>[]
  readonly closed: boolean
  readonly options?: Bounds
}

interface Bounds {
  readonly minLength?: number
  readonly maxLength?: number
  readonly minGraphemes?: number
  readonly maxGraphemes?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: Parameters<typeof isStringFormat>[1]
}

type Fields = Readonly<Record<string, unknown>>

/** Schemas refer to each other in circles: each is read once, and when it is first needed. */
const known = new WeakMap<object, Acceptance>()

/** Accepts no value that the schema refuses. */
export function acceptanceOf(schema: l.Schema<unknown>): Acceptance {
  const before = known.get(schema)
  if (before) return before
  let read: Acceptance | undefined
  const accepts: Acceptance = value => {
    read ??= acceptanceOfNode(schema)
    return read(value)
  }
  known.set(schema, accepts)
  return accepts
}

function acceptanceOfNode(schema: l.Schema<unknown>): Acceptance {
  const node = schema as unknown as Node
  const { type, options = {} } = node
  switch (type) {
    case 'string':
      return ofString(options)
    case 'integer': {
      const { minimum = -Infinity, maximum = Infinity } = options
      return value =>
        Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum
    }
    case 'boolean':
      return value => typeof value === 'boolean'
    case 'array':
      return ofArray(acceptanceOf(node.validator), options)
    case 'object':
      return ofObject(node.shape)
    case 'typedUnion':
      return ofUnion(node)
    case 'record':
    case 'typedObject':
      return ofTyped(acceptanceOf(node.schema), node.$type, type === 'record')
    case 'typedRef':
      return ofTyped(acceptanceOf(node.validator), node.$type, true)
    case 'ref':
    case 'withDefault':
      return acceptanceOf(node.validator)
    case 'optional': {
      const accepts = acceptanceOf(node.validator)
      return value => value === undefined || accepts(value)
    }
    default:
      return value => schema.safeValidate(value).success
  }
}

/** Without counting bytes or graphemes: no text has more graphemes than UTF-16 units, nor more bytes than three times as many. */
function ofString({ minLength = 0, maxLength = Infinity, format, ...graphemes }: Bounds): Acceptance {
  const { minGraphemes = 0, maxGraphemes = Infinity } = graphemes
  const least = minGraphemes > 1 ? Infinity : Math.max(minLength, minGraphemes)
  const most = Math.min(maxLength / 3, maxGraphemes)
  return value =>
    typeof value === 'string' &&
    value.length >= least &&
    value.length <= most &&
    (format === undefined || isStringFormat(value, format))
}

function ofArray(accepts: Acceptance, { minLength = 0, maxLength = Infinity }: Bounds): Acceptance {
  return value => {
    if (!Array.isArray(value) || value.length < minLength || value.length > maxLength) return false
    for (let place = 0; place < value.length; place++) if (!accepts(value[place])) return false
    return true
  }
}

/** The fields that are there, and whether one is missing: most of a record's possible fields are not there. */
function ofObject(shape: Node['shape']): Acceptance {
  const fields = new Map(Object.entries(shape).map(([name, schema]) => [name, acceptanceOf(schema)]))
  const needed = Object.keys(shape).filter(name => (shape[name] as unknown as Node).type !== 'optional')
  return value => {
    if (!isPlainObject(value)) return false
    for (const name of needed) if ((value as Fields)[name] === undefined) return false
    for (const name in value) {
      const accepts = fields.get(name)
      if (accepts && !accepts((value as Fields)[name])) return false
    }
    return true
  }
}

function ofTyped(accepts: Acceptance, wanted: string, isNeeded: boolean): Acceptance {
  return value => {
    if (!isPlainObject(value)) return false
    const { $type } = value as Fields
    return ($type === wanted || (!isNeeded && $type === undefined)) && accepts(value)
  }
}

/** Open unions take objects of types that nobody here knows. */
function ofUnion({ validators, closed }: Node): Acceptance {
  const members = new Map(validators.map(one => [(one as unknown as Node).$type, acceptanceOf(one)] as const))
  return value => {
    if (!isPlainObject(value)) return false
    const { $type } = value as Fields
    const member = typeof $type === 'string' ? members.get($type) : undefined
    return member ? member(value) : !closed && typeof $type === 'string'
  }
}
