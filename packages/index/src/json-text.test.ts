import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type JsonValue, raw, toJsonText } from './json-text.ts'

test('law: written as JSON.stringify does, raw parts word for word', () => {
  const { value } = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(undefined, null, true, false, '', '"', '\u2028', '\ud800'),
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.integer(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('uri', '__proto__', '')), tie('value'), {
        maxKeys: 4,
      }),
    ),
  }))
  fc.assert(
    fc.property(value, fc.jsonValue(), (any, stored) => {
      // What JSON leaves out at the root is null here: an answer is always a text.
      expect(toJsonText(any as JsonValue)).toBe(JSON.stringify(any) ?? 'null')
      const text = JSON.stringify(stored, null, 1)
      const spliced = toJsonText({ before: any as JsonValue, record: raw(text), list: [raw(text)] })
      expect(spliced).toContain(`"record":${text},"list":[${text}]`)
      expect(JSON.parse(spliced).record).toEqual(JSON.parse(text))
    }),
    { numRuns: 300 },
  )
})
