import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ArrayDataset, Dataset, IndexRange, Values } from '../../dataset.ts'
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
  if (!(await format.recognises(probe))) throw new Error(`${format.id} does not recognise ${objects.name}`)
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

/** Values as the judge prints them: floats by their bits, integers as decimal text. */
export function printed(values: readonly unknown[], dtype: string): string[] {
  if (dtype === 'float32' || dtype === 'float16') {
    const bits = new Uint32Array(Float32Array.from(values as number[]).buffer)
    return Array.from(values, (value, at) => (Number.isNaN(value) ? 'nan' : String(bits[at])))
  }
  if (dtype === 'float64') {
    const bits = new BigUint64Array(Float64Array.from(values as number[]).buffer)
    return Array.from(values, (value, at) => (Number.isNaN(value) ? 'nan' : String(bits[at])))
  }
  return Array.from(values, String)
}

/** Python that defines `printed(array)` to match. */
export const PRINTED = `
import json, sys, numpy as np
def printed(a):
    a = np.asarray(a)
    if a.dtype.kind == 'f':
        if a.dtype.itemsize == 2: a = a.astype('<f4')
        a = np.ascontiguousarray(a.astype(a.dtype.newbyteorder('<')))
        bits = a.view('<u4' if a.dtype.itemsize == 4 else '<u8')
        return ['nan' if n else str(b) for n, b in zip(np.isnan(a).ravel().tolist(), bits.ravel().tolist())]
    if a.dtype.kind == 'b': return ['true' if v else 'false' for v in a.ravel().tolist()]
    if a.dtype.kind == 'S': return [v.decode('utf-8', 'replace') for v in a.ravel().tolist()]
    return [v.decode('utf-8', 'replace') if isinstance(v, bytes) else str(v) for v in a.ravel().tolist()]
`

export interface Judged {
  readonly shape: readonly number[]
  readonly dimensions?: readonly string[]
  readonly dtype: string
  readonly values: readonly string[]
}

export function variableOf(variables: readonly Variable[], name: string): Variable {
  const found = variables.find(variable => variable.name === name)
  if (found === undefined)
    throw new Error(`no variable ${name} among ${variables.map(v => v.name).join(', ')}`)
  return found
}
