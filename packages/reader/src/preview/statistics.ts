import type { Statistics } from './types.ts'

/** Of all numbers that are there; undefined where none is. Percentiles interpolate linearly, as NumPy's. */
export function statisticsOf(numbers: Float64Array): Statistics | undefined {
  const sorted = numbers.filter(Number.isFinite).sort()
  const valid = sorted.length
  if (valid === 0) return undefined
  const at = (percent: number) => {
    const place = (percent / 100) * (valid - 1)
    const below = sorted[Math.floor(place)]!
    const above = sorted[Math.ceil(place)]!
    return below === above ? below : below + (above - below) * (place - Math.floor(place))
  }
  const percentiles = Object.fromEntries([2, 25, 50, 75, 98].map(percent => [String(percent), at(percent)]))
  const mean = sorted.reduce((sum, value) => sum + value / valid, 0)
  return {
    min: sorted[0]!,
    max: sorted[valid - 1]!,
    mean,
    percentiles,
    valid,
    missing: numbers.length - valid,
  }
}
