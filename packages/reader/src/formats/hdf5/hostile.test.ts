import { readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { ArrayDataset } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import { localObjects } from '../../objects/local.ts'
import type { Objects } from '../../objects.ts'
import { bytesObjects, collect, openWith, pythonFiles, pythonHas, whole } from '../arrays/oracle.ts'
import { BIG, FILES } from './files.fixture.ts'
import { hdf5 } from './hdf5.ts'

const python = pythonHas('netCDF4', 'h5py', 'numpy')
const folder = python ? pythonFiles(FILES) : ''

const opened: ArrayDataset[] = []

async function open(location: string | Objects): Promise<ArrayDataset> {
  const dataset = await openWith(hdf5, location)
  opened.push(dataset)
  return dataset
}
afterAll(() => Promise.all(opened.map(dataset => dataset.close())))

describe('hostile HDF5', () => {
  async function survives(objects: Objects): Promise<void> {
    let dataset: ArrayDataset | undefined
    try {
      dataset = await openWith(hdf5, objects)
      const { array } = await dataset.describe()
      for (const { name, shape } of array!.variables.slice(0, 40)) {
        const ranges = shape.map(length => ({ start: 0, end: Math.min(length, 3), step: 1 }))
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
    } finally {
      await dataset?.close()
    }
  }

  it.skipIf(!python)(
    'a file cut anywhere is read or refused, never more',
    async () => {
      const bytes = readFileSync(join(folder, 'types.nc'))
      for (let end = 16; end < bytes.length; end += Math.max(1024, Math.floor(bytes.length / 24)))
        await survives(bytesObjects(bytes.subarray(0, end)))
    },
    240_000,
  )

  it.skipIf(!python)(
    'flipped bytes are read or refused, never more',
    async () => {
      const files = ['types.nc', 'plain.h5', 'latest.h5']
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...files),
          fc.array(fc.tuple(fc.nat(40_000), fc.nat(255)), { minLength: 5, maxLength: 60 }),
          async (file, flips) => {
            const bytes = Uint8Array.from(readFileSync(join(folder, file)))
            for (const [at, value] of flips) if (at > 8) bytes[at % bytes.length] = value
            await survives(bytesObjects(bytes))
          },
        ),
        { numRuns: 20, endOnFailure: true },
      )
    },
    240_000,
  )

  it.skipIf(!python)('a store that fails is said to fail, not the file', async () => {
    const file = localObjects(join(folder, 'types.nc'))
    let reads = 0
    const failing: Objects = {
      name: 'store',
      get: file.get,
      getRange: async (path, start, end) => {
        if (reads++ > 1) throw new ReaderError('Unavailable', 'the server is gone')
        return file.getRange(path, start, end)
      },
    }
    await expect(open(failing)).rejects.toEqual(expect.objectContaining({ message: 'the server is gone' }))
  })

  it.skipIf(!python)('a file cut while it is open is refused', async () => {
    const cut = join(pythonFiles(BIG.replaceAll('range(16)', 'range(2)')), 'big.nc')
    const dataset = await open(cut)
    truncateSync(cut, 40_000)
    const ranges = [{ start: 1, end: 2, step: 1 }, ...whole([721, 1440])]
    await expect(collect(dataset, 'c', ranges)).rejects.toBeInstanceOf(ReaderError)
  })
})
