import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyPatch, isSame, type Json, patchBetween } from './json-patch.ts'

const op = (name: string, path: string, value?: unknown, from?: string) => ({
  op: name,
  path,
  ...(value !== undefined && { valueJson: JSON.stringify(value) }),
  ...(from !== undefined && { from }),
})

describe('a patch', () => {
  it.each([
    ['adds a field', { a: 1 }, [op('add', '/b', 2)], { a: 1, b: 2 }],
    ['puts into a list', { a: [1, 3] }, [op('add', '/a/1', 2)], { a: [1, 2, 3] }],
    ['adds to a list', { a: [1] }, [op('add', '/a/-', 2)], { a: [1, 2] }],
    ['replaces deep down', { a: [{ b: 1 }] }, [op('replace', '/a/0/b', 2)], { a: [{ b: 2 }] }],
    ['removes from a list', { a: [1, 2] }, [op('remove', '/a/0')], { a: [2] }],
    ['moves', { a: { b: 1 } }, [op('move', '/c', undefined, '/a/b')], { a: {}, c: 1 }],
    ['copies', { a: [1] }, [op('copy', '/b', undefined, '/a')], { a: [1], b: [1] }],
    ['reads names with slashes', { 'a/b~': 1 }, [op('replace', '/a~1b~0', 2)], { 'a/b~': 2 }],
    ['replaces all', { a: 1 }, [op('replace', '', { b: 2 })], { b: 2 }],
  ])('%s', (_, before, patch, after) => {
    expect(applyPatch(before as Json, patch)).toEqual(after)
  })

  it.each([
    ['nothing to replace', [op('replace', '/b', 1)]],
    ['nothing to remove', [op('remove', '/a/2')]],
    ['no such place', [op('add', '/a/5', 1)]],
    ['a place that is no number', [op('replace', '/a/01', 1)]],
    ['a test that fails', [op('test', '/a', [1])]],
    ['a value that is no JSON', [{ op: 'add', path: '/b', valueJson: '{' }]],
    ['a value that lies too deep', [{ op: 'add', path: '/b', valueJson: '['.repeat(9e4) + ']'.repeat(9e4) }]],
    ['no value', [{ op: 'add', path: '/b' }]],
    ['a prototype', [op('add', '/__proto__/polluted', true)]],
    ['a field of every object', [op('replace', '/constructor', 1)]],
    ['a move into itself', [op('move', '/a/0', undefined, '/a')]],
    ['an unknown operation', [op('merge', '/a', 1)]],
    ['too much', Array.from({ length: 257 }, () => op('add', '/b', 1))],
    ['copies that double', Array.from({ length: 250 }, (_, n) => op('copy', `/${n}`, undefined, ''))],
    ['a path without a slash', [op('add', 'b', 1)]],
  ])('is refused whole: %s', (_, patch) => {
    const before = { a: [1, 2] }
    expect(() => applyPatch(before, [op('add', '/first', 1), ...patch])).toThrow(/cannot be made/)
    expect(before).toEqual({ a: [1, 2] })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  const json = fc.dictionary(
    fc.constantFrom('a', 'b', 'c/d', 'e~f', 'constructor'),
    fc.oneof(
      fc.integer(),
      fc.string({ maxLength: 5 }),
      fc.constant(null),
      fc.array(fc.integer(), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('x', 'y', ''), fc.boolean()),
    ),
  ) as fc.Arbitrary<Json>

  it('law: what lies between two values, applied to the one, gives the other', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        expect(isSame(applyPatch(before, patchBetween(before, after)), after)).toBe(true)
        expect(patchBetween(before, before)).toEqual([])
      }),
    )
  })

  it('law: it does not undo what somebody else has changed meanwhile', () => {
    fc.assert(
      fc.property(json, fc.string(), fc.string(), fc.string(), (base, before, mine, theirs) => {
        fc.pre(before !== mine && before !== theirs)
        const patch = patchBetween({ ...(base as object), t: before }, { ...(base as object), t: mine })
        expect(() => applyPatch({ ...(base as object), t: theirs }, patch)).toThrow('something else')
        expect(applyPatch({ ...(base as object), t: before, u: theirs }, patch)).toMatchObject({
          t: mine,
          u: theirs,
        })
      }),
    )
  })
})
