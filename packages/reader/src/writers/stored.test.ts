import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { held, memoryArrays } from '../memory.ts'
import type { Variable } from '../model.ts'
import { openDataset, opened } from '../open.ts'
import { storedOf } from './stored.ts'

const variable = (dtype: string, attributes: Record<string, unknown>): Variable => ({
  name: 'z',
  dtype,
  shape: [3],
  dimensions: ['x'],
  attributes,
})

it('what marks missing elements can always be stored', () => {
  const types = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'] as const
  const mark = fc.oneof(
    fc.constantFrom('NaN', 'Infinity', '9007199254740993', -1, 0, 255, 256, 1e20, 0.5),
    fc.double(),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...types),
      mark,
      mark,
      fc.constantFrom(undefined, 'true', 'false'),
      (dtype, _FillValue, missing_value, _Unsigned) => {
        const { fill } = storedOf(variable(dtype, { _FillValue, missing_value, _Unsigned }), 'zarr')
        if (fill === undefined) return
        const kinds = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array }
        const more = { int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array }
        const one = new { ...kinds, ...more }[dtype](1) as unknown as { [at: number]: unknown }
        one[0] = dtype.endsWith('64') ? BigInt(fill) : fill
        expect(Object.is(one[0], fill) || BigInt(one[0] as number) === BigInt(fill)).toBe(true)
      },
    ),
  )
})

it.each(['zarr', 'zarr2', 'netcdf'])(
  'a fill value of NaN of an int16 variable is not written to %s, so that it can be read back',
  async format => {
    const source = memoryArrays([
      held(
        variable('int16', { _FillValue: 'NaN', missing_value: 'NaN', scale_factor: 0.5 }),
        Int16Array.of(0, 1, 2),
      ),
    ])
    const folder = mkdtempSync(join(tmpdir(), 'frost-test-'))
    const stream = await opened('memory', 'memory', source).stream({}, format)
    const parts: Uint8Array[] = []
    const { mkdirSync } = await import('node:fs')
    if (stream.files === undefined) {
      for await (const part of stream.bytes) parts.push(part)
      writeFileSync(join(folder, 'z.nc'), Buffer.concat(parts))
    } else
      for await (const { path, bytes } of stream.files) {
        mkdirSync(join(folder, path, '..'), { recursive: true })
        writeFileSync(join(folder, path), bytes)
      }
    const back = await openDataset(stream.files === undefined ? join(folder, 'z.nc') : folder, {
      allowLocal: true,
    })
    expect(await back.preview()).toMatchObject({ values: [0, 0.5, 1] })
    await back.close()
    rmSync(folder, { recursive: true })
  },
)
