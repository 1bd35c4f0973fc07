import { ReaderError } from '../../errors.ts'
import type { Format, OpenOptions, Probe } from '../../format.ts'
import type { Objects } from '../../objects.ts'
import { countedObjects } from '../../table/counted.ts'
import { IcebergDataset } from './dataset.ts'
import { type TableMetadata, tableMetadataOf } from './metadata.ts'
import { metadataPath, metadataText, Places, textOf } from './places.ts'

/** Iceberg tables of format versions 1 to 3: the table's folder, or one of its metadata files. */
export const iceberg: Format = {
  id: 'iceberg',
  async recognises(probe: Probe): Promise<boolean> {
    if (probe.head !== undefined) return isMetadata(probe.head)
    return (await metadataPath(probe)) !== undefined
  },
  async open(objects, probe, options) {
    const counted = countedObjects(objects)
    if (probe.head !== undefined) {
      const metadata = tableMetadataOf(textOf((await counted.objects.get('', options))!))
      const root = await folderOf(counted.objects, metadata, options)
      return new IcebergDataset(
        new Places(root, metadata.location, options.resolve),
        counted.cost,
        metadata,
        options.pin,
      )
    }
    const path = (await metadataPath(probe))!
    const metadata = tableMetadataOf(await metadataText(counted.objects, path, options))
    return new IcebergDataset(
      new Places(counted.objects, metadata.location, options.resolve),
      counted.cost,
      metadata,
      options.pin,
    )
  },
}

function isMetadata(head: Uint8Array): boolean {
  if (head[0] === 0x1f && head[1] === 0x8b) return false
  const text = Buffer.from(head).toString('utf8')
  return /^\s*\{/.test(text) && /"format-version"\s*:/.test(text) && /"(table-uuid|location)"\s*:/.test(text)
}

/**
 * The table's folder, of one of its metadata files: two levels up, wherever that lies, or else where the metadata says.
 * @throws {ReaderError} `Unsupported` where the file alone may be read.
 */
async function folderOf(
  objects: Objects,
  metadata: TableMetadata,
  { resolve }: OpenOptions,
): Promise<Objects> {
  if (resolve === undefined)
    throw new ReaderError(
      'Unsupported',
      `'${objects.name}' is the metadata of an Iceberg table: give the location of the table's folder`,
    )
  const folder = objects.name.replace(/\/metadata\/[^/]+$/, '')
  return resolve(folder === objects.name ? metadata.location : folder)
}
