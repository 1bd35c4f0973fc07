import type { Stats } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { throwIfCancelled } from '../cancelled.ts'
import { ReaderError } from '../errors.ts'
import type { Objects, Ranged, ReadOptions } from '../objects.ts'

/** A file or a folder of this machine, for the command line and for tests. Paths never leave the location. */
export function localObjects(location: string): Objects {
  const root = resolve(location)

  function placeOf(path: string): string {
    const place = path === '' ? root : resolve(join(root, path))
    if (place !== root && !place.startsWith(root + sep))
      throw new ReaderError('Forbidden', `path '${path}' leaves '${location}'`)
    return place
  }

  async function opened<T>(path: string, read: (file: FileHandle, stat: Stats) => Promise<T>) {
    let file: FileHandle
    try {
      file = await open(placeOf(path))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
    try {
      const stat = await file.stat()
      return stat.isFile() ? await read(file, stat) : undefined
    } finally {
      await file.close()
    }
  }

  return {
    name: location,
    async get(path: string, options: ReadOptions = {}) {
      begin(options)
      return opened(path, async file => {
        const bytes = await file.readFile()
        options.meter?.received(bytes.length)
        return bytes
      })
    },
    async getRange(path: string, start: number, end?: number, options: ReadOptions = {}) {
      begin(options)
      return opened(path, async (file, { mtimeMs, size }): Promise<Ranged> => {
        const from = Math.min(size, start < 0 ? Math.max(0, size + start) : start)
        const to = start < 0 || end === undefined ? size : Math.min(size, Math.max(from, end))
        const bytes = Buffer.alloc(to - from)
        const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
        options.meter?.received(bytesRead)
        return { bytes: bytes.subarray(0, bytesRead), size, etag: `"${size}-${mtimeMs}"` }
      })
    },
    async list(path: string) {
      try {
        const entries = await readdir(placeOf(path), { withFileTypes: true })
        return entries.map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort()
      } catch (error) {
        if (isAbsent(error)) return []
        throw error
      }
    },
  }
}

/** @throws {ReaderError} `Cancelled`; what the meter throws */
function begin({ meter, signal }: ReadOptions): void {
  throwIfCancelled(signal)
  meter?.request()
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
}
