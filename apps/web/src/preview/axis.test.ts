import type { ShownDimension } from '@frost/reader'
import { expect, test } from 'vitest'
import { axisOf, shortTimes, unwrapped } from './axis.ts'

function dimension(values: ShownDimension['values'], more: Partial<ShownDimension> = {}): ShownDimension {
  const size = values?.length ?? 10
  return {
    dimension: 'd',
    size,
    ranges: [{ start: 0, end: size, step: 1 }],
    role: 'columns',
    ...(values && { values }),
    ...more,
  }
}

test('a value lies in the middle of its cell, whatever the direction', () => {
  const rising = axisOf(dimension([0, 10, 20, 30], { units: 'm' }))
  expect(rising).toMatchObject({ title: 'd (m)' })
  expect(rising.ticks).toContainEqual({ at: 0.125, label: '0' })
  expect(rising.ticks).toContainEqual({ at: 0.625, label: '20' })
  const falling = axisOf(dimension([30, 20, 10, 0], { units: 'm' }))
  expect(falling.ticks).toContainEqual({ at: 0.375, label: '20' })
})

test('uneven steps keep values where they are', () => {
  const { ticks } = axisOf(dimension([0, 1, 2, 10]))
  expect(ticks.find(({ label }) => label === '10')?.at).toBe(0.875)
  expect(ticks.find(({ label }) => label === '2')?.at).toBe(0.625)
})

test('degrees are told by their direction, round the globe too', () => {
  const longitudes = Array.from({ length: 180 }, (_, at) => at * 2)
  const labels = axisOf(dimension(longitudes, { units: 'degrees_east' })).ticks.map(({ label }) => label)
  expect(labels).toEqual(['0°', '60°E', '120°E', '180°', '120°W', '60°W'])
  expect(unwrapped([350, 355, 0, 5], true)).toEqual([350, 355, 360, 365])
})

test('without values an axis counts indices', () => {
  const { title, ticks } = axisOf(dimension(undefined, { ranges: [{ start: 100, end: 200, step: 10 }] }))
  expect(title).toBe('d, by index')
  expect(ticks[0]).toEqual({ at: 0.05, label: '100' })
})

test('one value, no value and values out of order have axes too', () => {
  expect(axisOf(dimension([7])).ticks).toEqual([{ at: 0.5, label: '7' }])
  expect(axisOf(dimension([])).ticks).toEqual([])
  expect(axisOf(dimension([3, 1, 2])).ticks.map(({ label }) => label)).toEqual(['3', '1', '2'])
})

test('times leave out a time of day that is always midnight', () => {
  expect(shortTimes(['2000-01-01T00:00:00', '2000-01-02'])).toEqual(['2000-01-01', '2000-01-02'])
  expect(shortTimes(['2000-01-01T00:00:00Z', '2000-01-01T06:00:00Z'])).toEqual([
    '2000-01-01 00:00',
    '2000-01-01 06:00',
  ])
})
