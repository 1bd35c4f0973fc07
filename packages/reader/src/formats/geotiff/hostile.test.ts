import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReaderError } from '../../errors.ts'
import type { Objects } from '../../objects.ts'
import {
  bytesObjects,
  collect,
  openWith,
  pythonFiles,
  pythonHas,
  variableOf,
  whole,
} from '../arrays/oracle.ts'
import { FILES } from './gdal.fixture.ts'
import { geotiff } from './geotiff.ts'

const python = pythonHas('rasterio', 'numpy')
const folder = python ? pythonFiles(FILES) : ''

/** A little-endian TIFF of bytes in tiles of which none was written, whatever size it claims. */
function claimed({
  width,
  height,
  tile,
  entries,
}: Record<'width' | 'height' | 'tile' | 'entries', number>): Buffer {
  const fields = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [277, 3, 1, 1],
    [322, 3, 1, tile],
    [323, 3, 1, tile],
    [324, 4, entries, 200],
    [325, 4, entries, 200 + 4 * entries],
  ]
  const bytes = Buffer.alloc(200 + 8 * entries)
  bytes.write('II*\0\x08\0\0\0', 'latin1')
  bytes.writeUInt16LE(fields.length, 8)
  fields.forEach(([tag, type, count, value], at) => {
    bytes.writeUInt16LE(tag!, 10 + at * 12)
    bytes.writeUInt16LE(type!, 12 + at * 12)
    bytes.writeUInt32LE(count!, 14 + at * 12)
    bytes.writeUInt32LE(value!, 18 + at * 12)
  })
  return bytes
}

describe('hostile TIFF', () => {
  async function survives(objects: Objects): Promise<void> {
    try {
      const dataset = await openWith(geotiff, objects)
      const { array } = await dataset.describe()
      for (const { name, shape } of array!.variables.slice(0, 20)) {
        const ranges = shape.map(length => ({ start: 0, end: Math.min(length, 5), step: 1 }))
        try {
          await dataset.estimate(name, ranges)
          for await (const { values } of dataset.read(name, ranges))
            expect(values.length).toBeLessThan(2 ** 24)
        } catch (error) {
          if (!(error instanceof ReaderError)) throw error
        }
      }
    } catch (error) {
      if (!(error instanceof ReaderError)) throw error
    }
  }

  const names = [
    'cog',
    'tail',
    'big',
    'described',
    'jpeg_rgb',
    'compress_lerc_tiled_band_float32',
    'compress_lzw_striped_pixel_uint8',
    'masked',
    'sparse',
  ]

  it.skipIf(!python)(
    'a file cut anywhere is read or refused, never more',
    async () => {
      for (const name of names) {
        const bytes = readFileSync(join(folder, `${name}.tif`))
        for (
          let end = 4;
          end < bytes.length;
          end += end < 2048 ? 61 : Math.max(1024, Math.floor(bytes.length / 50))
        )
          await survives(bytesObjects(bytes.subarray(0, end)))
      }
    },
    120_000,
  )

  it.skipIf(!python)(
    'flipped bytes are read or refused, never more',
    async () => {
      const files = new Map(names.map(name => [name, readFileSync(join(folder, `${name}.tif`))]))
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...names),
          fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { minLength: 1, maxLength: 12 }),
          async (name, flips) => {
            const bytes = Uint8Array.from(files.get(name)!)
            for (const [at, value] of flips) if (at > 3) bytes[at % bytes.length] = value
            await survives(bytesObjects(bytes))
          },
        ),
        { numRuns: 600 },
      )
    },
    120_000,
  )

  it('an estimate of two thousand million tiles of one pixel is arithmetic', async () => {
    const side = 2 ** 31 - 1
    const bytes = claimed({ width: side, height: side, tile: 16, entries: 4 })
    const dataset = await openWith(geotiff, bytesObjects(bytes))
    const { array } = await dataset.describe()
    expect(variableOf(array!.variables, 'band_data').shape).toEqual([1, side, side])
    const before = process.memoryUsage().rss
    const tiles = Math.ceil(side / 16) ** 2
    const cost = await dataset.estimate('band_data', whole([1, side, side]))
    expect(cost).toEqual({ requests: tiles, bytes: bytes.length })
    const line = [...whole([1]), { start: 0, end: 1, step: 1 }, { start: 0, end: side, step: 1 }]
    expect((await dataset.estimate('band_data', line)).requests).toBe(Math.ceil(side / 16))
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
    await expect(collect(dataset, 'band_data', [...whole([1]), ...whole([5, 5])])).resolves.toMatchObject({
      missingChunks: 1,
    })
    await expect(dataset.read('band_data', line)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'Corrupt',
    })
  })

  it('a chain of directories that comes back to itself is refused', async () => {
    const bytes = Buffer.alloc(64)
    bytes.write('II*\0\x08\0\0\0', 'latin1')
    bytes.writeUInt16LE(1, 8)
    bytes.writeUInt16LE(256, 10)
    bytes.writeUInt16LE(3, 12)
    bytes.writeUInt32LE(1, 14)
    bytes.writeUInt32LE(8, 22)
    await expect(openWith(geotiff, bytesObjects(bytes))).rejects.toEqual(
      expect.objectContaining({ code: 'Corrupt', message: expect.stringContaining('comes twice') }),
    )
  })
})
