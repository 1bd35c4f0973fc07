import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { openParquetFile, type ParquetFile, plain } from './file.ts'
import { type Footer, footerOf } from './footer.ts'

/** One file of a table, with what its folders' names say. */
export interface Part {
  readonly path: string
  /** By column, as text; null for what Hive writes in place of it. */
  readonly partition: ReadonlyMap<string, string | null>
  open(options?: ReadOptions): Promise<ParquetFile>
}

export interface PartList {
  readonly parts: readonly Part[]
  /** Whether these are all: listings stop where describing may not go on. */
  readonly complete: boolean
}

export const PARQUET_NAME = /\.(parquet|parq|pq|geoparquet)$/i

const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__'
/** Files that a table may have, at most; and folders. */
const MAX_PARTS = 100_000
const MAX_FOLDERS = 20_000
const LISTS_AT_A_TIME = 8

export function singlePart(file: ParquetFile): PartList {
  return { parts: [{ path: file.path, partition: new Map(), open: async () => file }], complete: true }
}

/**
 * The Parquet files below a folder, in the order of their names; hidden ones (`_`, `.`) are none.
 * @param lists folders that may be listed, at most
 * @throws {ReaderError} `Unsupported` when there are too many.
 */
export async function listedParts(
  objects: Objects,
  lists: number,
  options: ReadOptions = {},
): Promise<PartList> {
  const parts: Part[] = []
  let level = ['']
  let listed = 0
  let complete = true
  while (level.length > 0) {
    const allowed = level.slice(0, Math.max(0, lists - listed))
    complete &&= allowed.length === level.length
    if (allowed.length === 0) break
    const below: string[] = []
    for (let at = 0; at < allowed.length; at += LISTS_AT_A_TIME) {
      const folders = allowed.slice(at, at + LISTS_AT_A_TIME)
      const names = await Promise.all(folders.map(folder => objects.list!(folder, options)))
      for (const [i, folder] of folders.entries())
        for (const name of names[i]!) {
          if (name.startsWith('_') || name.startsWith('.')) continue
          if (name.endsWith('/')) below.push(`${folder}${name}`)
          else if (PARQUET_NAME.test(name)) parts.push(partAt(objects, `${folder}${name}`))
        }
    }
    listed += allowed.length
    if (parts.length > MAX_PARTS || listed + below.length > Math.max(lists, MAX_FOLDERS))
      throw new ReaderError(
        'Unsupported',
        `'${objects.name}' holds more than ${MAX_PARTS} files or ${MAX_FOLDERS} folders: give the location of a part of it`,
      )
    level = below.sort()
  }
  return { parts: parts.sort((a, b) => (a.path < b.path ? -1 : 1)), complete }
}

function partAt(objects: Objects, path: string): Part {
  let file: Promise<ParquetFile> | undefined
  return {
    path,
    partition: partitionOf(path),
    open(options) {
      file ??= openParquetFile(objects, path, options).catch(error => {
        file = undefined
        throw error
      })
      return file
    },
  }
}

/** `year=2020/month=1/…` by column; values are percent-encoded. */
export function partitionOf(path: string): ReadonlyMap<string, string | null> {
  const values = new Map<string, string | null>()
  for (const folder of path.split('/').slice(0, -1)) {
    const at = folder.indexOf('=')
    if (at < 1) continue
    const value = decoded(folder.slice(at + 1))
    values.set(decoded(folder.slice(0, at)), value === HIVE_NULL ? null : value)
  }
  return values
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The files that a `_metadata` file describes: their row groups are known without opening them. @throws {ReaderError} */
export async function metadataParts(objects: Objects, options: ReadOptions = {}): Promise<PartList> {
  const { footer } = await openMetadata(objects, '_metadata', options)
  const groups = new Map<string, Footer['rowGroups'][number][]>()
  for (const group of footer.rowGroups) {
    const path = normalised(group.file ?? '')
    groups.set(path, [...(groups.get(path) ?? []), group])
  }
  const parts = [...groups].map(([path, rowGroups]): Part => {
    const rows = rowGroups.reduce((sum, group) => sum + group.rows, 0)
    const file: ParquetFile = {
      path,
      size: undefined,
      footerBytes: 0,
      footer: { ...footer, rowGroups, rows },
      async read(start, end, readOptions) {
        const ranged = await objects.getRange(path, start, end, readOptions)
        if (ranged?.bytes.length === end - start) return plain(ranged.bytes)
        throw new ReaderError(
          'Corrupt',
          `'_metadata' describes bytes ${start} to ${end} of '${path}', which are not there`,
        )
      },
    }
    return { path, partition: partitionOf(path), open: async () => file }
  })
  return { parts, complete: true }
}

/** A `_metadata` or `_common_metadata` file: a Parquet file that is nothing but a footer. */
export async function openMetadata(
  objects: Objects,
  path: string,
  options: ReadOptions,
): Promise<{ footer: Footer }> {
  const bytes = await objects.get(path, options)
  if (bytes === undefined) throw new ReaderError('NotFound', `there is no '${path}'`)
  const length =
    bytes.length < 12 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true)
  if (length < 0 || length + 8 > bytes.length)
    throw new ReaderError('Corrupt', `'${path}' is no Parquet footer`)
  return { footer: footerOf(bytes.subarray(bytes.length - 8 - length, bytes.length - 8), undefined) }
}

/** A path below the folder, whatever the file says. */
function normalised(path: string): string {
  const parts = path.split('/').filter(part => part !== '' && part !== '.')
  if (parts.length === 0 || parts.includes('..'))
    throw new ReaderError('Corrupt', `'_metadata' names the file '${path}', which is not below the folder`)
  return parts.join('/')
}
