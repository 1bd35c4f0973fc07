import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type ObjectStore, startObjectStore } from '../../apps/network/src/object-store/server.ts'
import { sharedPath } from '../shared.ts'

/** Every dataset of the fixtures, by its path below them; none where they are not beside the repository. */
export const FIXTURES: string | undefined = sharedPath('fixtures', 'data')

/** Kept in forms that no reader of the final specifications reads. */
const REFUSED = new Set(['zarr/zarrita.zr3', 'zarr/z5py.n5'])

export const fixtureDatasets: readonly string[] = FIXTURES === undefined ? [] : datasetsBelow(FIXTURES)
export const refusedFixtures: readonly string[] = FIXTURES === undefined ? [] : [...REFUSED]

function datasetsBelow(root: string): string[] {
  const files = (folder: string, pattern: RegExp) =>
    readdirSync(join(root, folder))
      .filter(name => pattern.test(name))
      .map(name => `${folder}/${name}`)
  const folders = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}`)
  const tables = folders('iceberg/hyperparam-iceberg').flatMap(folders)
  const stores = [...folders('icechunk'), ...folders('zarr'), ...arraysBelow(root, 'zarr/zarr.zr'), ...tables]
  return [
    ...files('netcdf', /\.nc$/),
    ...files('netcdf/references', /\.json$/),
    ...files('geotiff', /./),
    ...stores.filter(path => !REFUSED.has(path)),
    ...files('parquet/data', /\.parquet$/),
    ...files('parquet/data/geospatial', /\.parquet$/),
  ]
}

function arraysBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name === '.zarray')
    .map(({ parentPath }) => relative(root, parentPath))
}

/** Folders of the fixtures as buckets of an object store. */
export function fixtureMounts(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(FIXTURES!, { withFileTypes: true }).map(({ name }) => [name, join(FIXTURES!, name)]),
  )
}

/** The fixtures in an object store: as buckets that list (`s3://FOLDER/…`), and over plain HTTP. */
export async function fixtureStore(folder: string): Promise<ObjectStore> {
  return startObjectStore({ folder, mounts: fixtureMounts() })
}
