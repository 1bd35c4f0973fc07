/** An index that is full before anything is measured: what sync would have given it, without the network. */
import { openIndex } from '@frost/index'
import { batches } from './index.ts'

/** Writes that many records of every type (45 % datasets) into the index of a folder, search included, and closes it. */
export async function fillIndex(dataDir: string, records: number): Promise<void> {
  const index = await openIndex({ dataDir, onError: error => console.error(error) })
  try {
    for (const batch of batches(records)) await index.store.apply(batch)
    await index.searchable()
  } finally {
    await index.close()
  }
}
