import { type LexValue, lexToJson } from '@atproto/lex'
import { FrostError } from '@frost/client/errors'
import { applyPatch, type Json, type PatchOperation, readValue, valueAt } from '@frost/client/json-patch'

/** One change that a correction proposes, for people. */
export interface Change {
  /** Where in the record, in words: `coverage › temporal › 1 › start`. */
  readonly place: string
  /** What the record said when it was proposed; undefined for nothing. */
  readonly before?: string
  /** What it is to say; undefined for nothing. */
  readonly after?: string
  /** Why it cannot be made any more. */
  readonly problem?: string
}

/** The changes of a patch one by one, told beside the record as it is now. */
export function changesOf(record: LexValue, patch: readonly PatchOperation[]): readonly Change[] {
  let now = lexToJson(record) as Json
  const tested = new Map<string, string | undefined>()
  return patch.flatMap(step => {
    const { op, path, from, valueJson } = step
    let problem: string | undefined
    const before = safely(() => valueAt(now, path))
    try {
      now = applyPatch(now, [step])
    } catch (error) {
      if (!(error instanceof FrostError)) throw error
      problem = error.message
    }
    if (op === 'test') {
      tested.set(path, valueJson)
      return problem ? [{ place: placeOf(path), before: readable(valueJson), problem }] : []
    }
    const said = tested.get(path) ?? (before === undefined ? undefined : JSON.stringify(before))
    const after = op === 'move' || op === 'copy' ? `as ${placeOf(from ?? '')}` : readable(valueJson)
    return [
      {
        place: placeOf(path),
        ...(said !== undefined && op !== 'add' && { before: readable(said) }),
        ...(op !== 'remove' && after !== undefined && { after }),
        ...(problem && { problem }),
      },
    ]
  })
}

function placeOf(path: string): string {
  const names = path
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map(part => (/^\d{1,9}$/.test(part) ? String(Number(part) + 1) : part))
  return names.join(' › ').slice(0, 300) || 'the whole record'
}

/** JSON text as people read it. */
function readable(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const value = readValue(text)
  if (value === undefined) return text
  return inWords(value)
}

/** A value as lines of names and values, with what is in it further in. */
function inWords(value: Json): string {
  if (Array.isArray(value)) return value.map(item => inWords(item as Json)).join('\n')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, inner]) => {
      const text = inWords(inner)
      return text.includes('\n') ? `${name}:\n${text.replace(/^/gm, '  ')}` : `${name}: ${text}`
    })
    .join('\n')
}

function safely<Value>(make: () => Value): Value | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
