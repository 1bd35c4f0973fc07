import { ReaderError } from './errors.ts'
import type { Probe } from './format.ts'
import type { Objects, Ranged, ReadOptions } from './objects.ts'
import { withoutEnd } from './text-end.ts'

const HEAD_BYTES = 4096
/** Small objects asked for by `has` are kept whole, so that the format that then reads them makes no second request. */
const PEEK_BYTES = 32 * 1024
/** Of one page of a listing. */
export const PAGE_NAMES = 1_000

export interface Probed {
  readonly probe: Probe
  /** The same objects; what the probe has read of them is not asked of the store again. */
  readonly objects: Objects
  /** What the store answered when the location itself was read, where it refused. */
  readonly refusal: ReaderError | undefined
  /** Whether anything that was asked for so far is there. */
  found(): Promise<boolean>
}

/** Reads the first 4 KiB at the location, once. A folder has none; a store that refuses them may still answer below. */
export async function probeObjects(objects: Objects, options: ReadOptions = {}): Promise<Probed> {
  let refusal: ReaderError | undefined
  const read = async (path: string, bytes: number): Promise<Ranged | undefined> => {
    try {
      return await objects.getRange(path, 0, bytes, options)
    } catch (error) {
      if (!(error instanceof ReaderError) || (error.code !== 'Forbidden' && error.code !== 'NotFound'))
        throw error
      if (path === '') refusal = error
      return undefined
    }
  }
  const root = await read('', HEAD_BYTES)
  const peeked = new Map<string, Promise<Ranged | undefined>>([['', Promise.resolve(root)]])
  const listed = new Map<string, Promise<readonly string[]>>()
  const list = async (path: string, most: number): Promise<readonly string[]> => {
    try {
      return await objects.list!(path, { ...options, most })
    } catch (error) {
      if (error instanceof ReaderError && (error.code === 'Forbidden' || error.code === 'NotFound')) return []
      throw error
    }
  }
  const probe: Probe = {
    head: root?.bytes,
    size: root?.size,
    name: lastPart(objects.name),
    async has(path) {
      let asked = peeked.get(path)
      if (asked === undefined) {
        asked = read(path, PEEK_BYTES)
        peeked.set(path, asked)
      }
      return (await asked) !== undefined
    },
    ...(objects.list && {
      list(path: string, most = PAGE_NAMES) {
        const names = listed.get(path) ?? list(path, most)
        listed.set(path, names)
        return names
      },
    }),
  }
  const found = async () => {
    const objects = await Promise.all(peeked.values())
    const lists = await Promise.all(listed.values())
    return objects.some(object => object !== undefined) || lists.some(names => names.length > 0)
  }
  return { probe, objects: remembering(objects, peeked), refusal, found }
}

/** The beginnings and small objects that were read already answer from memory, and so does what is not there. */
function remembering(objects: Objects, peeked: ReadonlyMap<string, Promise<Ranged | undefined>>): Objects {
  return {
    ...objects,
    async get(path, options) {
      const known = await peeked.get(path)
      if (known === undefined && path !== '' && peeked.has(path)) return free(undefined, options)
      const whole = known?.size !== undefined && known.size === known.bytes.length
      return whole ? free(known.bytes, options) : objects.get(path, options)
    },
    async getRange(path, start, end, options) {
      const known = await peeked.get(path)
      if (known === undefined && path !== '' && peeked.has(path)) return free(undefined, options)
      if (known !== undefined && start >= 0 && end !== undefined && end <= known.bytes.length)
        return free({ ...known, bytes: known.bytes.subarray(start, end) }, options)
      if (known?.size !== undefined && known.size === known.bytes.length) {
        const bytes = start < 0 ? known.bytes.slice(start) : known.bytes.subarray(start, end)
        return free({ ...known, bytes }, options)
      }
      return objects.getRange(path, start, end, options)
    },
  }
}

/** An answer that cost nothing, and a meter that knows it. */
function free<T>(answer: T, options: ReadOptions | undefined): T {
  options?.meter?.received(0)
  return answer
}

function lastPart(location: string): string {
  const [path = ''] = location.split(/[?#]/, 1)
  return (withoutEnd(path, '/').split(/[/\\]/).pop() ?? '').toLowerCase()
}
