import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReaderError } from '../../errors.ts'
import { collect, whole } from '../arrays/oracle.ts'
import { array, arrayV3, openFiles } from './memory-store.ts'

describe('metadata', () => {
  it.each([
    ['shape', array({ shape: [-1] })],
    ['shape', array({ shape: [1.5] })],
    ['shape', array({ shape: 'long' })],
    ['shape', array({ shape: [2 ** 40, 2 ** 40], chunks: [1, 1] })],
    ['shape', array({ shape: new Array(33).fill(1), chunks: new Array(33).fill(1) })],
    ['chunks', array({ chunks: [0] })],
    ['chunks', array({ chunks: [4, 4] })],
    ['fill_value', array({ fill_value: 2 ** 40 })],
    ['fill_value', array({ fill_value: { a: 1 } })],
    ['zarr_format', array({ zarr_format: 7 })],
    ['JSON', '{"zarr_format":2,'],
  ])('whose %s cannot be is refused by that name', async (field, document) => {
    await expect(openFiles({ '.zarray': document })).rejects.toMatchObject({
      code: 'Corrupt',
      message: expect.stringContaining(field),
    })
  })

  it.each([
    ['data type', 'zarr.json', arrayV3({ data_type: 'quaternion' }), 'quaternion'],
    ['chunk grid', 'zarr.json', arrayV3({ chunk_grid: { name: 'rectilinear' } }), 'rectilinear'],
    ['extension', 'zarr.json', arrayV3({ from_the_future: { must_understand: true } }), 'from_the_future'],
    ['record', '.zarray', array({ dtype: [['a', '<i4']] }), 'structured'],
  ])('of a %s that is not known names it', async (_what, file, document, name) => {
    await expect(openFiles({ [file]: document })).rejects.toMatchObject({
      code: 'Unsupported',
      message: expect.stringContaining(name),
    })
  })

  it.each(['bz2', 'lzma', 'pickle', 'imagecodecs_jpeg2k'])(
    'of codec %s is described, its chunks refused',
    async id => {
      const dataset = await openFiles({ '.zarray': array({ compressor: { id } }), 0: new Uint8Array(16) })
      expect((await dataset.describe()).codecs).toEqual([id])
      await expect(collect(dataset, 'memory', whole([8]))).rejects.toMatchObject({
        code: 'Unsupported',
        details: { codec: id },
      })
    },
  )

  it('of one array that cannot be read does not hide the others', async () => {
    const metadata = {
      '.zgroup': { zarr_format: 2 },
      'good/.zarray': array(),
      'bad/.zarray': array({ dtype: '<q9' }),
    }
    const dataset = await openFiles({ '.zmetadata': { metadata } })
    const { array: model, warnings } = await dataset.describe()
    expect(model!.variables.map(({ name }) => name)).toEqual(['good'])
    expect(warnings).toEqual([expect.stringContaining("'bad' cannot be read")])
    await expect(collect(dataset, 'bad', whole([8]))).rejects.toMatchObject({ code: 'Unsupported' })
    await expect(collect(dataset, 'none', whole([8]))).rejects.toMatchObject({
      code: 'InvalidSelection',
      message: expect.stringContaining('good'),
    })
  })

  it('of a path that would leave the store is refused', async () => {
    const metadata = { '../../etc/.zarray': array() }
    await expect(openFiles({ '.zmetadata': { metadata } })).rejects.toMatchObject({ code: 'Corrupt' })
  })

  it('of any text is read or refused', async () => {
    const transpose = { name: 'transpose', configuration: { order: [0] } }
    const base = JSON.stringify(arrayV3({ codecs: [transpose, ...arrayV3().codecs, { name: 'zstd' }] }))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(base.length),
        fc.string({ maxLength: 4 }),
        fc.nat(6),
        async (at, inserted, dropped) => {
          try {
            const dataset = await openFiles({
              'zarr.json': base.slice(0, at) + inserted + base.slice(at + dropped),
            })
            for (const { name, shape } of (await dataset.describe()).array!.variables) {
              const ranges = shape.map(size => ({ start: 0, end: Math.min(size, 100), step: 1 }))
              await collect(dataset, name, ranges)
            }
          } catch (error) {
            expect(error).toBeInstanceOf(ReaderError)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

it('whole numbers beyond 2^53 and bare NaN keep their value', async () => {
  const dataset = await openFiles({
    '.zarray':
      '{"zarr_format":2,"shape":[2],"chunks":[1],"dtype":"<i8","compressor":null,"filters":null,"fill_value":9007199254740993,"order":"C"}',
    '.zattrs':
      '{"id": 12345678901234567890, "missing": NaN, "limits": [-Infinity, 1], "said": "NaN, 99999999999999999999"}',
  })
  const { array: model } = await dataset.describe()
  expect(model!.variables[0]).toMatchObject({
    fill: '9007199254740993',
    attributes: {
      id: '12345678901234567890',
      missing: 'NaN',
      limits: ['-Infinity', 1],
      said: 'NaN, 99999999999999999999',
    },
  })
  expect(await collect(dataset, 'memory', whole([2]))).toMatchObject({
    values: [9007199254740993n, 9007199254740993n],
    missingChunks: 2,
  })
})
