import { ReaderError } from '../../errors.ts'
import type { ReadOptions } from '../../objects.ts'
import { readAvro } from './avro.ts'
import type { Snapshot } from './metadata.ts'
import type { Places } from './places.ts'

/** An entry of a manifest list (Iceberg Table Spec, "Manifest Lists"). */
export interface Manifest {
  readonly path: string
  readonly deletes: boolean
  readonly spec: number
  readonly sequence: number
  readonly snapshot: string | undefined
  /** Least and greatest of each partition field, in their single-value form; undefined where it is not known. */
  readonly partitions:
    | readonly { readonly min: Uint8Array | undefined; readonly max: Uint8Array | undefined }[]
    | undefined
}

/** A file that is alive in a snapshot (Iceberg Table Spec, "Manifests"). */
export interface DataFile {
  readonly content: 'data' | 'position deletes' | 'equality deletes'
  readonly path: string
  readonly format: string
  readonly spec: number
  /** By the partition fields, in their order. */
  readonly partition: readonly unknown[]
  readonly rows: number
  readonly size: number
  readonly sequence: number
  readonly nulls: ReadonlyMap<number, number>
  readonly values: ReadonlyMap<number, number>
  readonly lower: ReadonlyMap<number, Uint8Array>
  readonly upper: ReadonlyMap<number, Uint8Array>
  readonly equalityIds: readonly number[]
}

const MAX_FILE = 256 * 1024 * 1024
const DELETED = 2

/** The manifests of a snapshot. @throws {ReaderError} */
export async function manifestsOf(
  places: Places,
  snapshot: Snapshot,
  options: ReadOptions,
): Promise<readonly Manifest[]> {
  if (snapshot.manifestList === undefined)
    return snapshot.manifests.map(path => ({
      path,
      deletes: false,
      spec: 0,
      sequence: 0,
      snapshot: snapshot.id,
      partitions: undefined,
    }))
  const { records } = readAvro(await fileOf(places, snapshot.manifestList, options))
  return records.map(record => ({
    path: String(record.manifest_path),
    deletes: Number(record.content ?? 0) === 1,
    spec: Number(record.partition_spec_id ?? 0),
    sequence: Number(record.sequence_number ?? 0),
    snapshot: record.added_snapshot_id === undefined ? undefined : String(record.added_snapshot_id),
    partitions: Array.isArray(record.partitions)
      ? record.partitions.map(summary => ({
          min: bytesOf(summary?.lower_bound),
          max: bytesOf(summary?.upper_bound),
        }))
      : undefined,
  }))
}

/** The files of a manifest that are alive. @throws {ReaderError} */
export async function filesOf(
  places: Places,
  manifest: Manifest,
  options: ReadOptions,
): Promise<readonly DataFile[]> {
  const { records } = readAvro(await fileOf(places, manifest.path, options))
  return records.flatMap(entry => {
    if (Number(entry.status) === DELETED) return []
    const file = entry.data_file as Readonly<Record<string, unknown>> | undefined
    if (file === undefined || typeof file.file_path !== 'string')
      throw new ReaderError('Corrupt', `the manifest '${manifest.path}' has an entry without a file`)
    return [
      {
        content: CONTENTS[Number(file.content ?? 0)] ?? 'data',
        path: file.file_path,
        format: String(file.file_format).toLowerCase(),
        spec: manifest.spec,
        partition: Object.values((file.partition as object | undefined) ?? {}),
        rows: Number(file.record_count),
        size: Number(file.file_size_in_bytes),
        // An entry inherits the sequence number of its manifest ("Sequence Number Inheritance").
        sequence:
          entry.sequence_number === null || entry.sequence_number === undefined
            ? manifest.sequence
            : Number(entry.sequence_number),
        nulls: numbersOf(file.null_value_counts),
        values: numbersOf(file.value_counts),
        lower: boundsOf(file.lower_bounds),
        upper: boundsOf(file.upper_bounds),
        equalityIds: Array.isArray(file.equality_ids) ? file.equality_ids.map(Number) : [],
      } satisfies DataFile,
    ]
  })
}

const CONTENTS = ['data', 'position deletes', 'equality deletes'] as const

async function fileOf(places: Places, url: string, options: ReadOptions): Promise<Uint8Array> {
  const { objects, path } = await places.of(url)
  const bytes = await objects.get(path, options)
  if (bytes === undefined)
    throw new ReaderError('NotFound', `the table's metadata names '${url}', which is not there`)
  if (bytes.length > MAX_FILE)
    throw new ReaderError('Unsupported', `'${url}' has ${bytes.length} bytes; ${MAX_FILE} are read`)
  return bytes
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}

/** Maps by field id are arrays of pairs in Avro, whose maps have text for keys. */
function pairsOf(value: unknown): readonly (readonly [number, unknown])[] {
  if (!Array.isArray(value)) return []
  return value.map(pair => [Number((pair as { key: unknown }).key), (pair as { value: unknown }).value])
}

function numbersOf(value: unknown): ReadonlyMap<number, number> {
  return new Map(pairsOf(value).map(([id, count]) => [id, Number(count)]))
}

function boundsOf(value: unknown): ReadonlyMap<number, Uint8Array> {
  return new Map(pairsOf(value).flatMap(([id, bytes]) => (bytes instanceof Uint8Array ? [[id, bytes]] : [])))
}
