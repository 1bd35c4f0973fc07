import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CursorTracker } from './cursor.ts'

/** Rising numbers and an order in which they finish. */
const histories = fc
  .uniqueArray(fc.nat(100_000), { minLength: 1, maxLength: 60 })
  .map(seqs => seqs.sort((a, b) => a - b))
  .chain(seqs => fc.tuple(fc.constant(seqs), fc.shuffledSubarray(seqs, { minLength: seqs.length })))

describe('the cursor', () => {
  it('law: is the highest number below which all is finished', () => {
    fc.assert(
      fc.property(histories, fc.option(fc.constant(-1), { nil: undefined }), ([seqs, order], begin) => {
        const tracker = new CursorTracker(begin)
        const marks = new Map(seqs.map(seq => [seq, tracker.begin(seq)]))
        const done = new Set<number>()
        for (const seq of order) {
          marks.get(seq)!.finish()
          done.add(seq)
          const contiguous = seqs.slice(0, seqs.findIndex(one => !done.has(one)) >>> 0)
          expect(tracker.value).toBe(contiguous.at(-1) ?? begin)
          expect(tracker.open).toBe(seqs.length - done.size)
        }
        expect(tracker.value).toBe(seqs.at(-1))
      }),
    )
  })

  it('passes thousands that finish while more begin, and holds back at the one that does not', () => {
    const tracker = new CursorTracker(undefined)
    const stuck = Array.from({ length: 10_000 }, (_, seq) => {
      const mark = tracker.begin(seq)
      if (seq !== 7000) mark.finish()
      return mark
    })[7000]!
    expect(tracker.value).toBe(6999)
    expect(tracker.open).toBe(1)
    stuck.finish()
    expect(tracker.value).toBe(9999)
    expect(tracker.open).toBe(0)
  })

  it('tells when it moved, and only then', () => {
    const tracker = new CursorTracker(undefined)
    let moves = 0
    tracker.onMove = () => {
      moves++
    }
    const [one, two] = [tracker.begin(1), tracker.begin(2)]
    two.finish()
    expect([moves, tracker.takeChanged()]).toEqual([0, false])
    one.finish()
    expect([moves, tracker.takeChanged()]).toEqual([1, true])
    expect(tracker.takeChanged()).toBe(false)
  })

  it('a message finishes once, whoever says so again', () => {
    const tracker = new CursorTracker(undefined)
    let finished = 0
    const mark = tracker.begin(1, () => {
      finished++
    })
    mark.finish()
    mark.finish()
    expect(finished).toBe(1)
  })

  it('forgets the old numbers where the upstream counts anew; what was under way ends and moves nothing', () => {
    const tracker = new CursorTracker(1000)
    let finished = 0
    const old = tracker.begin(1001, () => {
      finished++
    })
    tracker.reset(undefined)
    expect([tracker.value, tracker.open, tracker.takeChanged()]).toEqual([undefined, 0, false])
    tracker.begin(5).finish()
    old.finish()
    expect([tracker.value, finished]).toEqual([5, 1])
    tracker.reset(3)
    expect([tracker.value, tracker.takeChanged()]).toEqual([3, true])
  })
})
