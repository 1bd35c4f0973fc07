import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
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

  async function opened<T>(path: string, read: (file: FileHandle, size: number) => Promise<T>) {
    let file: FileHandle
    try {
      file = await open(placeOf(path))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
    try {
      const stat = await file.stat()
      return stat.isFile() ? await read(file, stat.size) : undefined
    } finally {
      await file.close()
    }
  }

  return {
    name: location,
    get(path: string, { signal }: ReadOptions = {}) {
      signal?.throwIfAborted()
      return opened(path, file => file.readFile())
    },
    getRange(path: string, start: number, end?: number, { signal }: ReadOptions = {}) {
      signal?.throwIfAborted()
      return opened(path, async (file, size): Promise<Ranged> => {
        const from = Math.min(size, start < 0 ? Math.max(0, size + start) : start)
        const to = start < 0 || end === undefined ? size : Math.min(size, Math.max(from, end))
        const bytes = Buffer.alloc(to - from)
        const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
        return { bytes: bytes.subarray(0, bytesRead), size, etag: undefined }
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

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
}
