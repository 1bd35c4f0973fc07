import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { ArrayDataset } from '../dataset.ts'
import { globe } from '../globe.fixture.ts'
import { opened } from '../open.ts'
import { fileScratch } from './scratch.ts'

const root = mkdtempSync(join(tmpdir(), 'frost-test-'))
afterAll(() => rmSync(root, { recursive: true }))
const scratch = () => fileScratch(root)

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/**
 * What streaming may add to the resident memory of a process, whatever the size; what a busy machine collects late is in it. All rows at once
 * would be 380 MB and more.
 */
const BOUND_MB = 280

/** A process of its own: streams a part of 500 MB of generated int16 and prints how much its memory grew, in MB, and what came out. */
const PROGRAM = `
import { createHash } from 'node:crypto'
const { memoryArrays } = await import(process.argv[1])
const { opened } = await import(process.argv[2])
const [times, rows, columns] = [250, 1000, 1000]
const dataset = memoryArrays([{
  variable: { name: 'v', dtype: 'int16', shape: [times, rows, columns], dimensions: ['t', 'y', 'x'], chunks: [1, rows, columns], attributes: {} },
  values(start, shape, step) {
    const values = new Int16Array(shape[0] * shape[1] * shape[2])
    for (let at = 0; at < values.length; at++) values[at] = (at * 7 + start[0] + start[1]) % 251
    return values
  },
}])
const { bytes } = await opened('memory', 'memory', dataset).stream(JSON.parse(process.argv[4]), process.argv[3])
globalThis.gc()
const before = process.memoryUsage.rss()
let [peak, out, parts] = [before, 0, 0]
for await (const part of bytes) {
  out += part.length
  if (++parts % 4 === 0) peak = Math.max(peak, process.memoryUsage.rss())
}
console.log(JSON.stringify({ grown: (peak - before) / 1e6, out }))
`

describe('streams', () => {
  it.each([
    ['zarr', 500, {}],
    ['netcdf', 200, { select: 't=#0:100' }],
    // Each of these has a row, with its coordinates, for each element: 4 and 12 million rows.
    ['csv', 8, { select: 't=#0:4' }],
    ['parquet', 24, { select: 't=#0:12' }],
    ['arrow', 24, { select: 't=#0:12' }],
  ] as const)(
    'to %s of an array of %i MB are bounded in memory',
    (format, _, request) => {
      const answer = spawnSync(
        process.execPath,
        [
          '--expose-gc',
          '--input-type=module',
          '-e',
          PROGRAM,
          here('../memory.ts'),
          here('../open.ts'),
          format,
          JSON.stringify(request),
        ],
        { encoding: 'utf8', timeout: 150_000 },
      )
      expect(answer.stderr).toBe('')
      const { grown, out } = JSON.parse(answer.stdout) as { grown: number; out: number }
      expect(out).toBeGreaterThan(10_000)
      expect(grown).toBeLessThan(BOUND_MB)
      console.info(`${format}: ${Math.round(grown)} MB more for ${Math.round(out / 1e6)} MB written`)
    },
    160_000,
  )

  it.each(['zarr', 'netcdf', 'csv'])('to %s end their reads when they are cancelled', async format => {
    const stop = new AbortController()
    const signals: (AbortSignal | undefined)[] = []
    let reads = 0
    const whole = globe({ times: 2000, latitudes: 91, longitudes: 180 })
    const dataset: ArrayDataset = {
      ...whole,
      read(name, ranges, options) {
        signals.push(options?.signal)
        if (++reads === 6) stop.abort()
        return whole.read(name, ranges, options)
      },
    }
    const { bytes } = await opened('memory', 'memory', dataset).stream({ variables: ['tas'] }, format, {
      signal: stop.signal,
      scratch,
    })
    const run = async () => {
      for await (const _ of bytes);
    }
    await expect(run()).rejects.toMatchObject({ name: 'AbortError' })
    expect(reads).toBeLessThan(20)
    expect(signals.every(signal => signal === stop.signal)).toBe(true)
    expect(readdirSync(root)).toEqual([])
  })

  it('to NetCDF leave no file behind when the consumer goes away', async () => {
    const { bytes } = await opened('memory', 'memory', globe()).stream({}, 'netcdf', { scratch })
    for await (const part of bytes) {
      expect(Buffer.from(part.subarray(1, 4)).toString()).toBe('HDF')
      break
    }
    expect(readdirSync(root)).toEqual([])
  })

  it('say how far they are', async () => {
    const seen: number[] = []
    const { bytes } = await opened('memory', 'memory', globe()).stream({ variables: ['tas'] }, 'parquet', {
      onProgress: ({ done, total, unit }) => {
        expect([total, unit]).toEqual([24 * 19 * 36, 'rows'])
        seen.push(done)
      },
    })
    for await (const _ of bytes);
    expect(seen.at(-1)).toBe(24 * 19 * 36)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
  })
})
