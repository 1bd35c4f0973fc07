import type { TableDataset } from '../../dataset.ts'
import type { Format, Probe } from '../../format.ts'
import type { Objects } from '../../objects.ts'
import { countedObjects } from '../../table/counted.ts'
import { ParquetDataset } from './dataset.ts'
import { openParquetFile } from './file.ts'
import { metadataParts, PARQUET_NAME, singlePart } from './parts.ts'

/** Parquet: one file, or a folder of them, partitioned by folder names or not. */
export const parquet: Format = {
  id: 'parquet',
  async recognises({ head, has, list }: Probe): Promise<boolean> {
    if (head !== undefined) return isParquet(head)
    const names = (await list?.('')) ?? []
    // A listing that shows nothing proves nothing: the store may refuse it.
    if (names.length === 0) return has('_metadata')
    return (
      names.includes('_metadata') ||
      names.some(name => PARQUET_NAME.test(name) || /^[^=/]+=[^/]*\/$/.test(name))
    )
  },
  async open(objects, { head, has }, options): Promise<TableDataset> {
    const counted = countedObjects(objects)
    if (head !== undefined) return openParquet(counted.objects, counted.cost, options)
    if (await has('_metadata'))
      return new ParquetDataset(counted.objects, counted.cost, await metadataParts(counted.objects, options))
    return ParquetDataset.ofFolder(counted.objects, counted.cost, options)
  },
}

async function openParquet(
  objects: Objects,
  cost: () => { requests: number; bytes: number },
  options: object,
) {
  return new ParquetDataset(objects, cost, singlePart(await openParquetFile(objects, '', options)))
}

function isParquet(head: Uint8Array): boolean {
  const magic = Buffer.from(head.subarray(0, 4)).toString('latin1')
  return magic === 'PAR1' || magic === 'PARE'
}
