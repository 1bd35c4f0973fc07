import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TagColumns } from './tag-columns.ts'
import { TagCounter } from './tag-counter.ts'

/** As tags are made: counted, above four bits of kind. Of many that were made, a segment may carry few. */
const tag = fc
  .tuple(fc.oneof(fc.nat(20), fc.nat(40_000)), fc.nat(4))
  .map(([number, kind]) => (number * 5 + kind) * 16 + kind)

test('law: rows carry their tags, tags have their rows, and counts are how many', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(tag, { maxLength: 6 }), { minLength: 1, maxLength: 40 }),
      fc.array(tag, { maxLength: 3 }),
      fc.nat(0b11111),
      (rows, strangers, kinds) => {
        const ends = [0]
        for (const tags of rows) ends.push(ends.at(-1)! + tags.length)
        const columns = new TagColumns({
          tagEnds: Uint32Array.from(ends),
          tags: Uint32Array.from(rows.flat()),
        })
        const all = [...new Set([...rows.flat(), ...strangers])]
        for (const one of all) {
          const carrying = [...rows.keys()].filter(row => rows[row]!.includes(one))
          expect([...columns.carrying([one])]).toEqual(carrying)
        }
        expect([...columns.carrying(all)]).toEqual([...rows.keys()].filter(row => rows[row]!.length > 0))
        const counter = new TagCounter()
        for (let twice = 0; twice < 2; twice++) columns.count(Uint32Array.from(rows.keys()), kinds, counter)
        const counted = all.filter(one => kinds & (1 << (one & 15)) && rows.flat().includes(one))
        const { tags, counts } = counter.take()
        expect(new Map(tags.map((one, place) => [one, counts[place]]))).toEqual(
          new Map(counted.map(one => [one, rows.filter(tags => tags.includes(one)).length * 2])),
        )
      },
    ),
  )
})
