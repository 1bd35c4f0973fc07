import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { areaMeets, mostCorners, parsePolygon } from './area.ts'
import { boxesMeet } from './boxes.ts'
import { type Box, InvalidFilter } from './engine.ts'

const box = (west: number, south: number, east: number, north: number): Box => ({ west, south, east, north })
const meets = (polygon: string, other: Box) => areaMeets(parsePolygon(polygon), other)

describe('polygons', () => {
  test('meet what they touch, hold or lie in', () => {
    const triangle = '0,0,10,0,0,10'
    expect(meets(triangle, box(1, 1, 2, 2))).toBe(true)
    expect(meets(triangle, box(-20, -20, 20, 20))).toBe(true)
    expect(meets(triangle, box(6, 6, 9, 9))).toBe(false)
    expect(meets(triangle, box(5, 5, 9, 9))).toBe(true)
    expect(meets(triangle, box(3, 3, 3, 3))).toBe(true)
  })

  test('have holes and parts', () => {
    const ring = '0,0,10,0,10,10,0,10;4,4,6,4,6,6,4,6'
    expect(meets(ring, box(4.5, 4.5, 5.5, 5.5))).toBe(false)
    expect(meets(ring, box(3, 3, 5, 5))).toBe(true)
    const parts = '0,0,1,0,1,1;20,20,21,20,21,21'
    expect(meets(parts, box(20.6, 20.2, 20.7, 20.3))).toBe(true)
    expect(meets(parts, box(10, 10, 11, 11))).toBe(false)
  })

  test('cross the 180th meridian', () => {
    const fiji = '170,-20,190,-20,190,-10,170,-10'
    expect(meets(fiji, box(-175, -15, -174, -14))).toBe(true)
    expect(meets(fiji, box(175, -15, -175, -14))).toBe(true)
    expect(meets(fiji, box(-165, -15, -160, -14))).toBe(false)
    expect(meets(fiji, box(0, -15, 1, -14))).toBe(false)
  })

  test('reach the poles at every longitude, and go round them', () => {
    const cap = '0,80,10,80,10,90,0,90'
    expect(meets(cap, box(100, 90, 100, 90))).toBe(true)
    expect(meets(cap, box(100, 85, 110, 89))).toBe(false)
    const arctic = '0,70,90,70,180,70,270,70,360,70'
    expect(meets(arctic, box(100, 85, 110, 86))).toBe(true)
    expect(meets(arctic, box(-100, 75, -90, 76))).toBe(true)
    expect(meets(arctic, box(100, 60, 110, 65))).toBe(false)
    expect(meets('0,-70,120,-70,240,-70,360,-70', box(10, -90, 10, -90))).toBe(true)
  })

  test.each([
    ['', /is no number/],
    ['1,2,3', /no pairs/],
    ['1,2,3,4', /three make an area/],
    ['1,2,3,4,1,2', /three make an area/],
    ['0,0,10,0,10,91', /latitude 91/],
    ['0,0,900,0,10,1', /longitude 900/],
    ['0,0,1,1,x,2', /'x' is no number/],
    ['0,0,1,1,0,1;5', /ring 2/],
    ['-400,0,400,0,0,1', /spans 800/],
    [Array.from({ length: mostCorners + 1 }, (_, n) => `${n / 100},${n % 2}`).join(','), /simplify/],
  ])('refuse %s', (text, message) => {
    expect(() => parsePolygon(text)).toThrow(InvalidFilter)
    expect(() => parsePolygon(text)).toThrow(message)
  })

  const degrees = (most: number) => fc.integer({ min: -most, max: most })
  const anyBox = fc
    .record({ west: degrees(180), east: degrees(180), a: degrees(89), b: degrees(89) })
    .map(({ west, east, a, b }) => box(west, Math.min(a, b), east, Math.max(a, b)))

  test('law: a box as a polygon meets what the box meets', () => {
    fc.assert(
      fc.property(anyBox, anyBox, (first, second) => {
        const { west, south, north } = first
        const east = first.east < west ? first.east + 360 : first.east
        if (west === east || south === north) return
        const polygon = [west, south, east, south, east, north, west, north].join(',')
        expect(meets(polygon, second)).toBe(boxesMeet(first, second))
      }),
      { numRuns: 1_000 },
    )
  })

  test('law: turned by 360° or begun at another corner, it is the same area; a point of it meets', () => {
    const corner = fc.tuple(degrees(180), degrees(89))
    fc.assert(
      fc.property(
        fc.array(corner, { minLength: 3, maxLength: 8 }),
        anyBox,
        fc.nat(7),
        (corners, other, start) => {
          const [first, last] = [corners[0]!, corners.at(-1)!]
          if (last[1] === first[1] && (last[0] - first[0]) % 360 === 0) return
          const text = (turn: number, list: typeof corners) =>
            list.flatMap(([x, y]) => [x + turn, y]).join(',')
          const expected = meets(text(0, corners), other)
          expect(meets(text(360, corners), other)).toBe(expected)
          expect(meets(text(-360, corners), other)).toBe(expected)
          const turned = [...corners.slice(start), ...corners.slice(0, start)]
          if (turned.length === corners.length && new Set(corners.map(String)).size === corners.length) {
            const [a, b] = [turned[0]!, turned.at(-1)!]
            if (a[1] !== b[1] || Math.abs(a[0] - b[0]) !== 360)
              expect(meets(text(0, turned), other)).toBe(expected)
          }
          for (const [x, y] of corners) expect(meets(text(0, corners), box(x, y, x, y))).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})
