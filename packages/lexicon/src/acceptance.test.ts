import { jsonToLex, type l } from '@atproto/lex'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptanceOf } from './acceptance.ts'
import { brokenExamples } from './corpus/invalid.ts'
import { examples } from './corpus/valid.ts'
import { frost } from './generated/authority.ts'

const schemaOf = (name: string): l.Schema<unknown> => {
  const [group, type] = name.split('.') as [string, string]
  return (frost as unknown as Record<string, Record<string, { main: l.Schema<unknown> }>>)[group]![type]!.main
}

/** Every place inside a value, as the names and numbers that lead there. */
function placesIn(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value)
  return [path, ...[...keys].flatMap(key => placesIn((value as never)[key], [...path, key]))]
}

function withChange(value: unknown, path: readonly (string | number)[], to: unknown): unknown {
  const [first, ...rest] = path
  if (first === undefined) return to
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >
  if (rest.length === 0 && to === undefined) delete copy[first]
  else copy[first] = withChange(copy[first], rest, to)
  return copy
}

const odd = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    -1,
    0,
    2 ** 53,
    1.5,
    '',
    'x',
    'é'.repeat(400),
    'a'.repeat(4000),
    [],
    {},
  ),
  fc.constantFrom({ $type: 'com.example.unknown' }, { $type: 5 }, { $type: '' }, [{ $type: 'a.b.c' }], [[]]),
  fc.constantFrom(
    '2026-01-01T00:00:00Z',
    'at://did:plc:abc/a.b.c/d',
    'did:web:example.org',
    'https://a.b',
    'en',
  ),
  fc.jsonValue(),
)

describe('what is accepted at once', () => {
  it.each(examples)('is the example of $name, which its schema takes', ({ name, record }) => {
    expect(acceptanceOf(schemaOf(name))(jsonToLex(record as never))).toBe(true)
  })

  it.each(brokenExamples)('is no $name where $why', ({ name, record }) => {
    expect(acceptanceOf(schemaOf(name))(jsonToLex(record as never))).toBe(false)
  })

  it('is never what the schema refuses, whatever was changed in a record', () => {
    const changes = fc.array(fc.tuple(fc.nat(), odd), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(fc.constantFrom(...examples), changes, ({ name, record }, made) => {
        const schema = schemaOf(name)
        const changed = made.reduce<unknown>(
          (value, [number, to]) => {
            const places = placesIn(value)
            return withChange(value, places[number % places.length]!, to)
          },
          jsonToLex(record as never),
        )
        if (acceptanceOf(schema)(changed)) expect(schema.safeValidate(changed).success).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})
