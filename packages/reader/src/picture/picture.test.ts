import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { globe } from '../globe.fixture.ts'
import { opened } from '../open.ts'
import type { GridPreview, LinePreview } from '../preview.ts'
import { COLOUR_MAPS, colourScaleOf, ticksOf } from './colour-map.ts'
import { encodePng } from './png.ts'
import { pictureOf, pngOf } from './raster.ts'
import { printable, terminalText } from './terminal.ts'

/** Undoes the filters that the encoder may use. */
function decodePng(png: Uint8Array): { width: number; height: number; pixels: Uint8Array } {
  const data = Buffer.from(png)
  const [width, height] = [data.readUInt32BE(16), data.readUInt32BE(20)]
  const channels = { 0: 1, 4: 2, 2: 3, 6: 4 }[data[25]!]!
  const parts: Buffer[] = []
  for (let at = 8; at < data.length; ) {
    const length = data.readUInt32BE(at)
    if (data.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(data.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const raw = inflateSync(Buffer.concat(parts))
  const stride = width * channels
  const pixels = new Uint8Array(stride * height)
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)]!
    for (let at = 0; at < stride; at++) {
      const before = filter === 1 && at >= channels ? pixels[row * stride + at - channels]! : 0
      const above = filter === 2 && row > 0 ? pixels[(row - 1) * stride + at]! : 0
      pixels[row * stride + at] = raw[row * (stride + 1) + 1 + at]! + before + above
    }
  }
  return { width, height, pixels }
}

describe('pictures', () => {
  it('PNG keeps every pixel', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        (width, height, channels, bytes) => {
          const pixels = Uint8Array.from({ length: width * height * channels }, () => bytes.next().value!)
          expect(decodePng(encodePng({ width, height, channels, pixels }))).toEqual({ width, height, pixels })
        },
      ),
    )
  })

  it('puts north at the top and leaves missing values transparent', async () => {
    const grid = (await opened('memory', 'memory', globe()).preview()) as GridPreview
    const { raster, scale } = pictureOf(grid, { side: 36 })
    expect([raster.width, raster.height]).toEqual([36, 19])
    expect(raster.pixels[3]).toBe(0)
    expect(raster.pixels[7]).toBe(255)
    expect([...raster.pixels.subarray(4, 7)]).toEqual([...scale!.colour(Number(grid.values[0]![1]))])
    const turned: GridPreview = { ...grid, values: [...grid.values].reverse(), upward: true }
    expect(pictureOf(turned, { side: 36 }).raster).toEqual(raster)
    expect(decodePng(pngOf(grid)).width).toBe(36 * 14)
  })

  it('diverges around zero where values lie on both sides', () => {
    const statistics = (low: number, high: number) => ({
      min: low,
      max: high,
      mean: 0,
      percentiles: { 2: low, 25: low, 50: 0, 75: high, 98: high },
      valid: 9,
      missing: 0,
    })
    expect(colourScaleOf({ statistics: statistics(-2, 3) })).toMatchObject({
      map: 'blue-red',
      domain: [-3, 3],
    })
    expect(colourScaleOf({ statistics: statistics(270, 300) })).toMatchObject({
      map: 'viridis',
      domain: [270, 300],
    })
    for (const map of COLOUR_MAPS) {
      const scale = colourScaleOf({ statistics: statistics(0, 1) }, map)
      expect(scale.stops.every(stop => /^#[0-9a-f]{6}$/.test(stop))).toBe(true)
    }
    expect(ticksOf(271.3, 304.9, 5)).toEqual([280, 290, 300])
  })

  it('shows status values by their meanings', () => {
    const scale = colourScaleOf({
      flags: [
        { meaning: 'land', value: 0 },
        { meaning: 'sea', value: 1 },
      ],
    })
    expect(scale.legend!.map(({ meaning }) => meaning)).toEqual(['land', 'sea'])
    expect(scale.colour(0)).not.toEqual(scale.colour(1))
  })

  it('fit into a terminal and let no stranger control it', async () => {
    const dataset = opened('memory', 'memory', globe())
    const grid = (await dataset.preview()) as GridPreview
    const text = terminalText(grid, { columns: 40, rows: 10 })
    expect(
      text
        .split('\n')
        .slice(1, 11)
        .every(line => line.length <= 40),
    ).toBe(true)
    expect(text).toContain('time: 2000-01-01')
    expect(terminalText(grid, { colour: true })).toContain('\x1b[38;2;')
    const line = (await dataset.preview({ select: 'lat=50,lon=0' })) as LinePreview
    expect(terminalText(line)).toContain('Near-surface air temperature')
    expect(printable('a\x1b[31mb\u202ec')).toBe('a\ufffd[31mb\ufffdc')
    const table = terminalText(
      {
        kind: 'table',
        columns: [
          { name: 'n\x1b[2J', type: 'int32' },
          { name: 'text', type: 'utf8' },
        ],
        rows: [
          [1, '東京'],
          [10, 'x\x07'],
        ],
        offset: 0,
        total: 2,
        more: false,
        omitted: [],
        cost: { requests: 1, bytes: 1 },
      },
      { columns: 60 },
    )
    expect(table).not.toContain('\x1b')
    expect(table).toContain('東京')
  })
})
