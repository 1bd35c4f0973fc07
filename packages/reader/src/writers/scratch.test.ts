import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { globe } from '../globe.fixture.ts'
import { opened } from '../open.ts'
import { fileScratch, memoryScratch } from './scratch.ts'

const root = mkdtempSync(join(tmpdir(), 'frost-test-'))
afterAll(() => rmSync(root, { recursive: true }))

const action = fc.oneof(
  fc.record({ write: fc.nat(1_000_000), bytes: fc.uint8Array({ maxLength: 400_000, minLength: 1 }) }),
  fc.record({ truncate: fc.nat(1_200_000) }),
)

it('a scratch place holds what a plain array of bytes would, in memory and on disk', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 12 }), actions => {
      const places = [memoryScratch(), fileScratch(root)]
      let whole = Buffer.alloc(0)
      const grow = (size: number) => {
        if (size > whole.length) whole = Buffer.concat([whole, Buffer.alloc(size - whole.length)])
      }
      try {
        for (const step of actions) {
          if ('write' in step) {
            grow(step.write + step.bytes.length)
            whole.set(step.bytes, step.write)
            for (const place of places) place.write(step.write, step.bytes)
          } else {
            whole = whole.subarray(0, step.truncate)
            grow(step.truncate)
            for (const place of places) place.truncate(step.truncate)
          }
          for (const place of places) {
            expect(place.size).toBe(whole.length)
            const read = Buffer.alloc(whole.length + 10, 7)
            expect(place.read(0, read)).toBe(whole.length)
            expect(read.subarray(0, whole.length).equals(whole)).toBe(true)
            const middle = Buffer.alloc(Math.ceil(whole.length / 2))
            place.read(whole.length >> 1, middle)
            expect(middle.equals(whole.subarray(whole.length >> 1))).toBe(true)
          }
        }
      } finally {
        for (const place of places) place.close()
      }
    }),
    { numRuns: 30 },
  )
})

it.each([
  ['memory', () => memoryScratch(20_000)],
  ['a file', () => fileScratch(root, 20_000)],
])(
  'a NetCDF export that passes a scratch place in %s ends with an error and hurts no other',
  async (_, make) => {
    const dataset = opened('memory', 'memory', globe({ times: 200 }))
    const run = async (scratch: () => ReturnType<typeof make>) => {
      const parts: Uint8Array[] = []
      for await (const part of (await dataset.stream({}, 'netcdf', { scratch })).bytes) parts.push(part)
      return Buffer.concat(parts)
    }
    const before = await run(memoryScratch)
    expect(before.length).toBeGreaterThan(20_000)
    await expect(run(make)).rejects.toMatchObject({ code: 'OverBudget', details: { maxBytes: 20_000 } })
    expect((await run(memoryScratch)).length).toBe(before.length)
    expect((await run(() => fileScratch(root))).length).toBe(before.length)
    expect(readdirSync(root)).toEqual([])
  },
)

const PROGRAM = `
const { globe } = await import(process.argv[1])
const { opened } = await import(process.argv[2])
const { bytes } = await opened('memory', 'memory', globe()).stream({}, 'netcdf')
const parts = []
for await (const part of bytes) parts.push(part)
process.stdout.write(Buffer.concat(parts))
`

it('NetCDF is exported by a process that may write no files', () => {
  const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--permission',
      '--allow-fs-read=*',
      '--disable-warning=SecurityWarning',
      '--input-type=module',
      '-e',
      PROGRAM,
      here('../globe.fixture.ts'),
      here('../open.ts'),
    ],
    { maxBuffer: 1e8 },
  )
  expect(stderr.toString()).toBe('')
  expect(stdout.subarray(1, 4).toString()).toBe('HDF')
  expect(stdout.length).toBeGreaterThan(10_000)
}, 60_000)
