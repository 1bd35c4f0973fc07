import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ArrayDataset, Dataset, IndexRange, Values } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Format } from '../../format.ts'
import type { Variable } from '../../model.ts'
import { localObjects } from '../../objects/local.ts'
import type { Objects, Ranged } from '../../objects.ts'

/** What tests of array files share: the libraries of the field as the judge of values, and files with what they cost. */

const PYTHON = '/usr/bin/python3'

/** Whether Debian's Python is here with these modules; says so where it is not. */
export function pythonHas(...modules: string[]): boolean {
  try {
    execFileSync(PYTHON, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' })
    return true
  } catch {
    console.warn(`skipped what needs ${PYTHON} with ${modules.join(', ')}: it is not here`)
    return false
  }
}

/** Runs a Python program in a folder of its own and gives that folder. */
export function pythonFiles(program: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'reader-arrays-'))
  execFileSync(PYTHON, ['-'], { cwd: folder, input: program, stdio: ['pipe', 'inherit', 'inherit'] })
  return folder
}

/** What Python prints as JSON. */
export function pythonJson(program: string, ...args: string[]): unknown {
  return JSON.parse(
    execFileSync(PYTHON, ['-', ...args], { input: program, maxBuffer: 2 ** 30 }).toString('utf8'),
  )
}

/** A file or folder of the fixtures beside the repository, or undefined. */
export function fixture(...parts: string[]): string | undefined {
  const path = join(
    fileURLToPath(new URL('../../../../../../shared/fixtures/data', import.meta.url)),
    ...parts,
  )
  if (existsSync(path)) return path
  console.warn(`skipped what needs ../shared/fixtures/data/${parts.join('/')}: it is not here`)
  return undefined
}

export interface Metered {
  readonly objects: Objects
  readonly reads: { readonly start: number; readonly bytes: number }[]
}

export function metered(objects: Objects): Metered {
  const reads: { start: number; bytes: number }[] = []
  return {
    reads,
    objects: {
      name: objects.name,
      get: (path, options) => objects.get(path, options),
      async getRange(path, start, end, options) {
        const ranged = await objects.getRange(path, start, end, options)
        reads.push({ start, bytes: ranged?.bytes.length ?? 0 })
        return ranged
      },
    },
  }
}

/** Bytes in memory as an object. */
export function bytesObjects(bytes: Uint8Array): Objects {
  return {
    name: 'memory',
    get: async path => (path === '' ? bytes : undefined),
    async getRange(path, start, end): Promise<Ranged | undefined> {
      if (path !== '') return undefined
      return { bytes: bytes.slice(start, end), size: bytes.length, etag: undefined }
    },
  }
}

/** Opens as `openObjects` does, with one format. */
export async function openWith(format: Format, location: string | Objects): Promise<ArrayDataset> {
  const objects = typeof location === 'string' ? localObjects(location) : location
  const head = await objects.getRange('', 0, 4096)
  const probe = {
    head: head?.bytes,
    size: head?.size,
    name: objects.name,
    has: async (path: string) => (await objects.getRange(path, 0, 1)) !== undefined,
  }
  if (!(await format.recognises(probe)))
    throw new ReaderError('Unrecognised', `${format.id} does not recognise ${objects.name}`)
  return (await format.open(objects, probe, {})) as Dataset as ArrayDataset
}

export function whole(shape: readonly number[]): IndexRange[] {
  return shape.map(end => ({ start: 0, end, step: 1 }))
}

/** All blocks of a selection put together in C order; fails where they do not tile it. */
export async function collect(
  dataset: ArrayDataset,
  name: string,
  ranges: readonly IndexRange[],
): Promise<{ readonly values: unknown[]; readonly missingChunks: number; readonly holder: string }> {
  const shape = ranges.map(({ start, end, step }) => Math.max(0, Math.ceil((end - start) / step)))
  const size = shape.reduce((product, length) => product * length, 1)
  const values: unknown[] = new Array(size)
  let [written, missingChunks, holder] = [0, 0, '']
  for await (const block of dataset.read(name, ranges)) {
    missingChunks += block.missingChunks
    holder = block.values.constructor.name
    const count = block.shape.reduce((product, length) => product * length, 1)
    if (block.values.length !== count)
      throw new Error(`${name}: ${block.values.length} values for ${block.shape}`)
    if (count === size) {
      Array.from(block.values as ArrayLike<unknown>).forEach((value, at) => {
        values[at] = value
      })
      written = count
      continue
    }
    for (let at = 0; at < count; at++) {
      let [rest, to, stride] = [at, 0, 1]
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const length = block.shape[axis]!
        to += (block.start[axis]! + (rest % length)) * stride
        rest = Math.floor(rest / length)
        stride *= shape[axis]!
      }
      if (to in values) throw new Error(`${name}: element ${to} comes twice`)
      values[to] = (block.values as Values & ArrayLike<unknown>)[at]
      written++
    }
  }
  if (written !== size) throw new Error(`${name}: ${written} of ${size} elements came`)
  return { values, missingChunks, holder }
}

const ARRAYS: Readonly<Record<string, { from(values: Iterable<never>): ArrayBufferView }>> = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float16: Float32Array,
  float32: Float32Array,
  float64: Float64Array,
}

/** Values as the judge prints them: numbers by their bytes in base64 (float16 widened, any NaN the same), others as text. */
export function printed(values: readonly unknown[], dtype: string): string | string[] {
  const array = ARRAYS[dtype]
  if (array === undefined) return values.map(String)
  const view = array.from(values as never[])
  if (view instanceof Float32Array) canonical(values, new Uint32Array(view.buffer), 0x7fc00000)
  if (view instanceof Float64Array) canonical(values, new BigUint64Array(view.buffer), 0x7ff8000000000000n)
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64')
}

function canonical<T>(values: readonly unknown[], bits: { [at: number]: T }, nan: T): void {
  values.forEach((value, at) => {
    if (Number.isNaN(value)) bits[at] = nan
  })
}

/** Python that defines `printed(array)` to match. */
export const PRINTED = `
import base64, json, sys, numpy as np
def printed(a):
    a = np.asarray(a)
    if a.dtype.kind in 'iuf':
        if a.dtype.itemsize == 2 and a.dtype.kind == 'f': a = a.astype('<f4')
        a = np.ascontiguousarray(a.astype(a.dtype.newbyteorder('<')))
        if a.dtype.kind == 'f': a[np.isnan(a)] = np.nan
        return base64.b64encode(a.tobytes()).decode()
    if a.dtype.kind == 'b': return ['true' if v else 'false' for v in a.ravel().tolist()]
    return [v.decode('utf-8', 'replace') if isinstance(v, bytes) else str(v) for v in a.ravel().tolist()]
`

export interface Judged {
  readonly shape: readonly number[]
  readonly dimensions?: readonly string[]
  readonly dtype: string
  readonly values: string | readonly string[]
}

export function variableOf(variables: readonly Variable[], name: string): Variable {
  const found = variables.find(variable => variable.name === name)
  if (found === undefined)
    throw new Error(`no variable ${name} among ${variables.map(v => v.name).join(', ')}`)
  return found
}

/** Where two long results differ, or undefined; quicker than comparing them whole. */
export function difference(found: Judged['values'], expected: Judged['values']): string | undefined {
  if (found.length !== expected.length) return `${found.length} instead of ${expected.length}`
  if (typeof found === 'string') return found === expected ? undefined : 'other numbers'
  const at = found.findIndex((value, index) => value !== expected[index])
  return at < 0 ? undefined : `'${found[at]}' instead of '${expected[at]}' at ${at}`
}
