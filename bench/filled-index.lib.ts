/** An index that is full before anything is measured: what sync would have given it, without the network. */
import { openIndex } from '@frost/index'
import { batches } from './index.ts'

/**
 * Writes that many records of every type (45 % datasets) into the index of a folder, search included, and closes it.
 * @returns how many the index shows: keys meet, and the last writer of one counts
 */
export async function fillIndex(dataDir: string, records: number): Promise<number> {
  const index = await openIndex({ dataDir, onError: error => console.error(error) })
  try {
    for (const batch of batches(records)) await index.store.apply(batch)
    await index.searchable()
    const { counts } = await index.status()
    return Object.values(counts).reduce((sum, count) => sum + count, 0)
  } finally {
    await index.close()
  }
}
