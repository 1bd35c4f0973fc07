import { parseSelection } from '@frost/reader/selection/parse'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { previewQuery, readPreviewState, selectedOf } from './state.ts'

const text = fc
  .string({ minLength: 1, maxLength: 20 })
  .map(one => one.trim())
  .filter(Boolean)
const state = fc.record(
  {
    copy: text,
    variable: text,
    at: fc.dictionary(text, fc.nat(1_000_000), { maxKeys: 4 }).map(dict => new Map(Object.entries(dict))),
    select: text,
    where: text,
    offset: fc.integer({ min: 1, max: 1_000_000 }),
    map: text,
  },
  { requiredKeys: ['at'] },
)

test('every state comes back from its address', () => {
  fc.assert(
    fc.property(state, given => {
      const { at, ...read } = readPreviewState(new URLSearchParams(previewQuery(given)))
      const { at: wanted, ...rest } = given
      expect([...at]).toEqual([...wanted])
      expect(read).toEqual({ ...rest })
    }),
  )
})

test('whatever an address holds, a state comes of it that can be asked for', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), query => {
      const read = readPreviewState(new URLSearchParams(query))
      expect(previewQuery(read).length).toBeLessThan(100_000)
      selectedOf(read)
    }),
  )
})

test('a place on a dimension of any name is understood by the reader', () => {
  fc.assert(
    fc.property(text, fc.nat(1_000), (dimension, index) => {
      const { select } = selectedOf({ at: new Map([[dimension, index]]) })
      expect(parseSelection(select!).terms).toEqual([
        { name: dimension, range: { by: 'index', only: index } },
      ])
    }),
    // A name in quotes already would be unquoted; and `var` is a word of the grammar.
    {
      examples: [
        ['time', 3],
        ['a,b', 0],
        ['he said "x"', 1],
        ['"', 0],
        ['",a', 0],
        ['group/time', 2],
      ],
    },
  )
})

test('what the words select is not also taken from a slider', () => {
  expect(
    selectedOf({
      at: new Map([
        ['time', 3],
        ['level', 1],
      ]),
      select: 'time=2020-03,lat=1:2',
    }),
  ).toEqual({
    select: 'level=#1,time=2020-03,lat=1:2',
  })
})
