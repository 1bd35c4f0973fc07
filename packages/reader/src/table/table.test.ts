import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clockNanosOf, clockTextOf, dateOf, momentOf, momentText, nanosOf, unitsOf } from './moments.ts'
import { testsOf } from './predicate.ts'
import { promotion } from './promotion.ts'
import { decimalText, kindOf } from './types.ts'
import { RowWindow } from './window.ts'

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

describe('moments', () => {
  it('text and nanoseconds are inverse, in every unit, whatever the year', () => {
    fc.assert(
      fc.property(
        int64,
        fc.constantFrom('s' as const, 'ms' as const, 'us' as const, 'ns' as const),
        (value, unit) => {
          const bounded = unit === 's' ? value / 2n ** 20n : value
          const nanos = nanosOf(momentText(bounded, unit, true))!
          expect(unitsOf(nanos, unit)).toEqual({ units: bounded, exact: true })
        },
      ),
    )
  })

  it('agree with Date where there is one', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), date => {
        expect(`${momentText(BigInt(date.getTime()), 'ms', false)}Z`).toBe(date.toISOString())
        expect(nanosOf(date.toISOString())).toBe(BigInt(date.getTime()) * 1_000_000n)
        expect(momentOf(BigInt(date.getTime()), 'ms', false)).toEqual(date)
      }),
    )
  })

  it('where no Date reaches, text goes on', () => {
    expect(dateOf(100_000_001)).toBe('+275760-09-14')
    expect(momentOf(8_640_000_000_000_001n, 'ms', true)).toBe('+275760-09-13T00:00:00.001Z')
    expect(momentText(-1n, 'ns', false)).toBe('1969-12-31T23:59:59.999999999')
  })

  it('zones, parts of dates, and what is no date', () => {
    expect(nanosOf('2020-01-01T00:30+01:00')).toBe(nanosOf('2019-12-31T23:30:00Z'))
    expect(nanosOf('2020')).toBe(nanosOf('2020-01-01T00:00:00Z'))
    for (const text of ['2019-02-29', '2020-13-01', '2020-01-01T25:00', 'yesterday', ''])
      expect(nanosOf(text)).toBeUndefined()
    expect(clockNanosOf(clockTextOf(86_399_999_999n, 'us'))).toBe(86_399_999_999_000n)
  })
})

describe('predicates', () => {
  const accepts = (
    type: string,
    op: '=' | '!=' | '<' | '<=' | '>' | '>=',
    value: never,
    candidate: unknown,
  ) => testsOf([{ column: 'c', op, value }], new Map([['c', type]]))[0]!.accepts(candidate)

  it('whole numbers and decimals are compared exactly', () => {
    fc.assert(
      fc.property(int64, int64, fc.nat(10), (a, b, scale) => {
        expect(accepts('int64', '<', a as never, b)).toBe(b < a)
        expect(
          accepts('decimal128(38, 0)', '>=', decimalText(a, scale) as never, decimalText(b, scale)),
        ).toBe(b >= a)
      }),
    )
    expect(accepts('int64', '=', 9_007_199_254_740_992 as never, 9_007_199_254_740_993n)).toBe(false)
    expect(accepts('int64', '=', '9007199254740993' as never, 9_007_199_254_740_993n)).toBe(true)
  })

  it('moments are compared to the nanosecond, by text or by Date', () => {
    expect(
      accepts(
        'timestamp[ms, UTC]',
        '<',
        '2020-01-01T00:00:00.0005Z' as never,
        new Date('2020-01-01T00:00:00Z'),
      ),
    ).toBe(true)
    expect(accepts('timestamp[us]', '=', '2020-01-01' as never, '2020-01-01T00:00:00.000000')).toBe(true)
    expect(
      accepts('timestamp[us]', '>', '2020-01-01T00:00:00.000000001' as never, '2020-01-01T00:00:00.000001'),
    ).toBe(true)
    expect(accepts('timestamp[us]', '>', '2020-01-01' as never, '+012020-01-01T00:00:00.000000')).toBe(true)
    expect(accepts('date32', '>=', '2020-06' as never, new Date('2020-06-01'))).toBe(true)
  })

  it('bounds never rule out a value between them', () => {
    fc.assert(
      fc.property(
        fc.double(),
        fc.double(),
        fc.double(),
        fc.constantFrom('=', '!=', '<', '<=', '>', '>='),
        (a, b, target, op) => {
          const [test] = testsOf([{ column: 'c', op, value: target }], new Map([['c', 'double']]))
          const [min, max] = a < b ? [a, b] : [b, a]
          if (Number.isNaN(a) || Number.isNaN(b)) return
          if (test!.accepts(a) || test!.accepts(b))
            expect(test!.rulesOut({ min, max, nulls: 0, rows: 2 })).toBe(false)
        },
      ),
    )
  })

  it('a value that cannot be of the type is refused with what would be', () => {
    expect(() => accepts('date32', '=', 'soon' as never, null)).toThrow(/'soon': give ISO 8601/)
    expect(() => accepts('list<int32>', '=', 1 as never, null)).toThrow(/only be compared with null/)
    expect(() => accepts('int32', '<', null as never, null)).toThrow(/use = null/)
  })
})

it('kinds of every name', () => {
  expect(
    [
      'uint8',
      'duration[us]',
      'halffloat',
      'decimal256(50, 2)',
      'fixed_size_binary[4]',
      'list<int32>',
      'time32[ms]',
    ].map(kindOf),
  ).toEqual(['integer', 'integer', 'float', 'decimal', 'bytes', 'nested', 'time'])
})

it('only promotions without loss are made', () => {
  expect(promotion('int32', 'int64')!(-1)).toBe(-1n)
  expect(promotion('decimal128(5, 2)', 'decimal128(9, 2)')!('1.00')).toBe('1.00')
  for (const [from, to] of [
    ['int64', 'int32'],
    ['double', 'float'],
    ['uint64', 'int64'],
    ['decimal128(5, 2)', 'decimal128(9, 3)'],
    ['utf8', 'int64'],
  ] as const)
    expect(promotion(from, to)).toBeUndefined()
})

it('a window over batches is the slice of their rows', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer())), fc.nat(30), fc.nat(30), (batches, offset, limit) => {
      const window = new RowWindow(offset, limit)
      const seen = batches.flatMap(values => window.cut(values.length, new Map([['v', values]])) ?? [])
      expect(seen.flatMap(({ columns }) => [...(columns.get('v') as number[])])).toEqual(
        batches.flat().slice(offset, offset + limit),
      )
      expect(seen.map(({ start }) => start)).toEqual(
        seen.map((_, i) => seen.slice(0, i).reduce((sum, { rows }) => sum + rows, 0)),
      )
    }),
  )
})
