import { describe, expect, it } from 'vitest'
import { globe } from '../globe.fixture.ts'
import { opened } from '../open.ts'
import { exportFormats } from '../stream.ts'

const dataset = () => opened('memory', 'memory', globe({ times: 60 }))

async function sizeOf(format: string, options: { readonly maxBytes?: number } = {}): Promise<number> {
  const request = format === 'zarr' || format === 'netcdf' ? {} : { variables: ['tas'] }
  const { bytes } = await dataset().stream(request, format, options)
  let size = 0
  for await (const part of bytes) {
    size += part.length
    expect(size).toBeLessThanOrEqual(options.maxBytes ?? Number.POSITIVE_INFINITY)
  }
  return size
}

describe('a limit of the output', () => {
  it.each(exportFormats('array').map(({ id }) => id))('ends an export to %s that passes it', async format => {
    const size = await sizeOf(format)
    const maxBytes = Math.floor(size * 0.7)
    expect(await sizeOf(format, { maxBytes: size })).toBe(size)
    await expect(sizeOf(format, { maxBytes })).rejects.toMatchObject({
      code: 'OverBudget',
      details: { maxBytes },
    })
  })

  it('counts the files of a folder together', async () => {
    const { files } = await dataset().stream({}, 'zarr', { maxBytes: 10_000 })
    let size = 0
    const run = async () => {
      for await (const { bytes } of files!) size += bytes.length
    }
    await expect(run()).rejects.toMatchObject({ code: 'OverBudget' })
    expect(size).toBeLessThanOrEqual(10_000)
  })
})

describe('a budget of the reads', () => {
  it('refuses an export before anything is read', async () => {
    const cost = await dataset().estimate({}, 'zarr')
    await expect(
      dataset().stream({}, 'zarr', { budget: { ...cost, bytes: cost.bytes - 1 } }),
    ).rejects.toMatchObject({ code: 'OverBudget', details: { cost } })
    await dataset().stream({}, 'zarr', { budget: cost })
  })

  it('thins a picture until it fits, and refuses one of which a single chunk does not', async () => {
    const large = opened('memory', 'memory', globe({ times: 1, latitudes: 181, longitudes: 360 }))
    const read = async (bytes: number) => {
      const parts: Uint8Array[] = []
      const { bytes: out } = await large.stream({ variables: ['tas'] }, 'png', {
        budget: { requests: 10, bytes },
      })
      for await (const part of out) parts.push(part)
      return Buffer.concat(parts)
    }
    expect((await read(1_000_000)).subarray(1, 4).toString()).toBe('PNG')
    await expect(read(10)).rejects.toMatchObject({ code: 'OverBudget' })
  })
})
