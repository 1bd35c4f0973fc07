import { areaMeets, parsePolygon } from '@frost/index/search/area'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MOST_CORNERS, NoArea, polygonOf } from './geojson.ts'

const feature = (geometry: unknown) => JSON.stringify({ type: 'Feature', properties: {}, geometry })

describe('areas out of GeoJSON', () => {
  test('keep rings, holes and parts', () => {
    const square = [
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 10],
      [0, 0],
    ]
    expect(polygonOf(feature({ type: 'Polygon', coordinates: [square] }))).toBe('0,0,10,0,10,10,0,10')
    const collection = {
      type: 'FeatureCollection',
      features: [{ type: 'Feature', geometry: { type: 'MultiPolygon', coordinates: [[square], [square]] } }],
    }
    expect(polygonOf(JSON.stringify(collection)).split(';')).toHaveLength(2)
  })

  test('are simplified to what an address can hold, and stay where they were', () => {
    const circle = Array.from({ length: 5_000 }, (_, n) => {
      const angle = (n / 5_000) * 2 * Math.PI
      return [20 + 5 * Math.cos(angle), 40 + 5 * Math.sin(angle)]
    })
    const text = polygonOf(feature({ type: 'Polygon', coordinates: [[...circle, circle[0]]] }))
    const area = parsePolygon(text)
    expect(text.split(',').length / 2).toBeLessThanOrEqual(MOST_CORNERS)
    expect(areaMeets(area, { west: 24.5, south: 40, east: 24.6, north: 40.1 })).toBe(true)
    expect(areaMeets(area, { west: 25.3, south: 40, east: 25.4, north: 40.1 })).toBe(false)
  })

  test.each([
    ['{', /no JSON/],
    ['{"type":"Point","coordinates":[1,2]}', /no area/],
    ['{"type":"Polygon","coordinates":[[[500000,4e6],[1,1],[2,2]]]}', /projection/],
    ['{"type":"Polygon","coordinates":[[[1,1],[2,2],[1,1]]]}', /fewer than three/],
    ['null', /no area/],
  ])('are refused with a reason: %s', (text, reason) => {
    expect(() => polygonOf(text)).toThrow(NoArea)
    expect(() => polygonOf(text)).toThrow(reason)
  })

  test('law: what is answered is read by search, whatever the file', () => {
    const position = fc.tuple(fc.integer({ min: -180, max: 180 }), fc.integer({ min: -90, max: 90 }))
    const ring = fc.uniqueArray(position, { minLength: 3, maxLength: 200, selector: String })
    fc.assert(
      fc.property(fc.array(ring, { minLength: 1, maxLength: 6 }), rings => {
        parsePolygon(polygonOf(JSON.stringify({ type: 'Polygon', coordinates: rings })))
      }),
      { numRuns: 60 },
    )
    fc.assert(
      fc.property(fc.json(), text => {
        try {
          polygonOf(text)
        } catch (error) {
          expect(error).toBeInstanceOf(NoArea)
        }
      }),
    )
  })
})
