import { createHash } from 'node:crypto'
import { type BigIntStats, createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** A file or folder of the store. */
export interface Found {
  readonly path: string
  readonly isFolder: boolean
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modified: number
  /** Changes whenever the file may have. */
  readonly stamp: string
}

/** Files up to this size are named by their content; larger ones by size and time, as hashing would hold up a range read. */
const MAX_HASHED_BYTES = 64 * 1024 * 1024
const MAX_CACHED = 10_000

/** The folders that a store serves, seen as one tree; nothing outside of them can be reached. */
export class Files {
  readonly #roots: ReadonlyMap<string, string>
  readonly #etags = new Map<string, Promise<string>>()

  private constructor(roots: ReadonlyMap<string, string>) {
    this.#roots = roots
  }

  /** @param mounts further folders, by the first part of their path */
  static async open(folder: string, mounts: Readonly<Record<string, string>> = {}): Promise<Files> {
    const roots = new Map([['', await realpath(folder)]])
    for (const [name, path] of Object.entries(mounts)) {
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
        throw new Error(`mount '${name}': not the name of a folder`)
      roots.set(name, await realpath(path))
    }
    return new Files(roots)
  }

  /** Names of the mounted folders. */
  get mounts(): string[] {
    return [...this.#roots.keys()].filter(name => name !== '')
  }

  /** The file or folder at a path of names, or undefined where there is none to be served. */
  async find(segments: readonly string[]): Promise<Found | undefined> {
    if (segments.some(name => name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name)))
      return undefined
    const mount = segments[0] !== undefined ? this.#roots.get(segments[0]) : undefined
    const root = mount ?? this.#roots.get('')!
    try {
      const path = await realpath(join(root, ...(mount ? segments.slice(1) : segments)))
      if (path !== root && !path.startsWith(root + sep)) return undefined
      const stats = await stat(path, { bigint: true })
      return stats.isFile() || stats.isDirectory() ? describe(path, stats) : undefined
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG')
        return undefined
      throw error
    }
  }

  /** A strong ETag with its quotes: the MD5 of the content, as S3 gives it, so that equal files have equal ones. */
  etag(file: Found): Promise<string> {
    if (file.size > MAX_HASHED_BYTES) return Promise.resolve(`"${md5(file.stamp)}-${file.size}"`)
    const key = `${file.path}\0${file.stamp}`
    let etag = this.#etags.get(key)
    if (!etag) {
      if (this.#etags.size >= MAX_CACHED) this.#etags.clear()
      etag = hashFile(file.path)
      this.#etags.set(key, etag)
      etag.catch(() => this.#etags.delete(key))
    }
    return etag
  }
}

function describe(path: string, stats: BigIntStats): Found {
  return {
    path,
    isFolder: stats.isDirectory(),
    size: Number(stats.size),
    modified: Number(stats.mtimeMs),
    stamp: `${stats.ino}-${stats.size}-${stats.mtimeNs}`,
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('md5')
  await pipeline(createReadStream(path), hash)
  return `"${hash.digest('hex')}"`
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}
