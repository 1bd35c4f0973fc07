import { ReaderError } from '../../errors.ts'
import type { OpenOptions, Probe } from '../../format.ts'
import { inflateBounded } from '../../objects/inflate.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { withoutEnd } from '../../text-end.ts'

/** Of the folder of metadata: ten pages of a listing. */
const MAX_NAMES = 10_000
const MAX_METADATA = 256 * 1024 * 1024

/** Where the current metadata of a table lies below its folder; undefined where it is no Iceberg table. */
export async function metadataPath(probe: Probe): Promise<string | undefined> {
  const { has, list } = probe
  if (await has('metadata/version-hint.text')) return 'metadata/version-hint.text'
  const names = (await list?.('metadata/', MAX_NAMES)) ?? []
  // Of some of the names the newest is not the newest of all.
  if (names.length >= MAX_NAMES)
    throw new ReaderError(
      'OverBudget',
      `'metadata/' holds ${MAX_NAMES} files or more and no version-hint.text says which is current: give the location of the metadata file itself`,
    )
  const newest = names
    .filter(name => METADATA.test(name))
    .sort(byVersion)
    .at(-1)
  return newest === undefined ? undefined : `metadata/${newest}`
}

const METADATA = /^(v?\d+)(-[^/]*)?(\.gz)?\.metadata\.json(\.gz)?$/

function byVersion(a: string, b: string): number {
  return Number(/\d+/.exec(a)![0]) - Number(/\d+/.exec(b)![0]) || (a < b ? -1 : 1)
}

/** The metadata file's text, from that path or from the one that a version hint names. @throws {ReaderError} `Corrupt`. */
export async function metadataText(objects: Objects, path: string, options: ReadOptions): Promise<string> {
  const bytes = await objects.get(path, options)
  if (bytes === undefined) throw new ReaderError('NotFound', `there is no '${path}'`)
  if (!path.endsWith('version-hint.text')) return textOf(bytes)
  const hint = Buffer.from(bytes).toString('utf8').trim()
  const names = /^\d+$/.test(hint)
    ? [`v${hint}.metadata.json`, `v${hint}.gz.metadata.json`, `${hint}.metadata.json`]
    : [`${hint}.metadata.json`, hint]
  for (const name of names) {
    if (name.includes('/') || name.includes('..')) continue
    const found = await objects.get(`metadata/${name}`, options)
    if (found !== undefined) return textOf(found)
  }
  throw new ReaderError(
    'Corrupt',
    `the version hint says '${hint.slice(0, 100)}', but no such metadata lies there`,
  )
}

export function textOf(bytes: Uint8Array): string {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  return Buffer.from(isGzip ? inflateBounded('gzip', bytes, MAX_METADATA) : bytes).toString('utf8')
}

/** Objects and a path in them, of a file that metadata names by an absolute URL. */
export interface Place {
  readonly objects: Objects
  readonly path: string
}

/**
 * Finds files by the URLs that the table's metadata gives them. What lies below the table's own location is looked for below the
 * folder that was opened, wherever the table was moved to; everything else only through `resolve`.
 */
export class Places {
  readonly #root: Objects
  readonly #location: string
  readonly #resolve: OpenOptions['resolve']
  readonly #opened = new Map<string, Promise<Objects>>()

  constructor(root: Objects, location: string, resolve: OpenOptions['resolve']) {
    this.#root = root
    this.#location = normal(location)
    this.#resolve = resolve
  }

  /** @throws {ReaderError} `Forbidden` where it lies elsewhere and nothing may be referred to. */
  async of(url: string): Promise<Place> {
    const below = this.relative(url)
    if (below !== undefined) return { objects: this.#root, path: below }
    if (this.#resolve === undefined)
      throw new ReaderError(
        'Forbidden',
        `the table refers to '${url}', which lies outside '${this.#location}': references are not followed here`,
      )
    let objects = this.#opened.get(url)
    if (objects === undefined) {
      objects = this.#resolve(url)
      this.#opened.set(url, objects)
    }
    return { objects: await objects, path: '' }
  }

  /** The path below the table's location; undefined where it lies elsewhere. */
  relative(url: string): string | undefined {
    const name = normal(url)
    if (this.#location !== '' && name.startsWith(`${this.#location}/`)) {
      const path = name.slice(this.#location.length + 1)
      return path.split('/').includes('..') ? undefined : path
    }
    return /^[a-z][a-z0-9+.-]*:|^\//i.test(url) || url.split('/').includes('..') ? undefined : url
  }
}

/** s3a and s3n are Hadoop's names of s3; `file:` is a path. */
function normal(url: string): string {
  return withoutEnd(url.replace(/^s3[an]:/, 's3:').replace(/^file:\/*/, '/'), '/')
}
