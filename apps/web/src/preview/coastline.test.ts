import { expect, test } from 'vitest'
import { coastline } from './coastline.ts'

/** Whether some point of the path lies within so many pixels. */
function passes(path: string, x: number, y: number, near: number): boolean {
  return [...path.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].some(
    ([, px, py]) => Math.hypot(Number(px) - x, Number(py) - y) < near,
  )
}

const GLOBE = { south: -90, north: 90 }
const at = (longitude: number, latitude: number, west: number) =>
  [((longitude - west) / 360) * 720, ((90 - latitude) / 180) * 360] as const

test('capes lie where they are, on maps that begin at 180° W and at Greenwich', () => {
  for (const west of [-180, 0]) {
    const path = coastline({ ...GLOBE, west, east: west + 360 }, 720, 360)!
    // Cape Agulhas, 20° E 35° S; Cape Comorin, 77.5° E 8° N
    expect(passes(path, ...at(20, -34.8, west), 4)).toBe(true)
    expect(passes(path, ...at(77.5, 8.1, west), 4)).toBe(true)
  }
})

test('a region is stretched to its picture', () => {
  // Sicily's south-east, 15.1° E 36.7° N, in a picture twice as high as its degrees would be.
  const path = coastline({ west: 10, east: 20, south: 35, north: 40 }, 1000, 1000)!
  expect(passes(path, 510, 660, 40)).toBe(true)
})

test('where the coastline would be too coarse or the box is none, there is none', () => {
  expect(coastline({ west: 9, east: 9.2, south: 38, north: 38.2 }, 100, 100)).toBeUndefined()
  expect(coastline({ west: 0, east: 720, south: -90, north: 90 }, 100, 100)).toBeUndefined()
})
