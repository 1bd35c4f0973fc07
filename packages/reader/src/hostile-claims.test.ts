import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { HOSTILE } from './hostile-claims.fixture.ts'

/** The heap may take 384; on a busy machine the collector comes late to what lies outside of it. */
const BOUND_MB = 768
const BOUND_SECONDS = 60

/** A process of its own for each: opens, describes, previews and reads it, and says how that ended and what it took. */
const PROGRAM = `
const { HOSTILE } = await import(process.argv[1])
const { openDataset } = await import(process.argv[2])
const objects = await HOSTILE[process.argv[3]]()
const before = process.resourceUsage().maxRSS
const ends = []
const step = async (name, work) => {
  try { return await work() } catch (error) { ends.push([name, error.name === 'ReaderError' ? error.code : String(error.stack)]) }
}
const dataset = await step('open', () => openDataset(objects))
if (dataset) {
  await step('describe', () => dataset.describe())
  await step('preview', () => dataset.preview())
  await step('export', async () => {
    const { bytes } = await dataset.stream({}, dataset.model === 'table' ? 'ndjson' : 'zarr', { maxBytes: 50_000_000, budget: { requests: 10_000, bytes: 1e9 } })
    for await (const _ of bytes);
  })
  await dataset.close()
}
console.log(JSON.stringify({ ends, made: before / 1000, peak: process.resourceUsage().maxRSS / 1000 }))
`

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

it.each(Object.keys(HOSTILE))(
  '%s',
  name => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [
        '--max-old-space-size=384',
        '--input-type=module',
        '-e',
        PROGRAM,
        here('hostile-claims.fixture.ts'),
        here('open.ts'),
        name,
      ],
      { encoding: 'utf8', timeout: BOUND_SECONDS * 1000, maxBuffer: 1e8 },
    )
    expect([status, stderr]).toEqual([0, ''])
    const { ends, made, peak } = JSON.parse(stdout) as {
      ends: [string, string][]
      made: number
      peak: number
    }
    expect(ends.length, 'it is refused somewhere').toBeGreaterThan(0)
    for (const [step, code] of ends)
      expect(code, step).toMatch(/^(Corrupt|Unsupported|OverBudget|Unrecognised|InvalidSelection)$/)
    // What making the input took is not the reader's.
    expect(peak - Math.max(0, made - 150)).toBeLessThan(BOUND_MB)
  },
  BOUND_SECONDS * 1000 + 5_000,
)
