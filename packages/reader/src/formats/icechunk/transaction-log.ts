import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { readDocument } from './envelope.ts'
import { nodeKey } from './object-id.ts'

const MAX_PLACES = 5_000_000

/**
 * Adds the places of the chunks that a commit wrote or deleted to those of its arrays; false where there is no log.
 * @throws {ReaderError} `Corrupt`, `OverBudget`.
 */
export async function collectChunks(
  objects: Objects,
  id: string,
  chunks: Map<string, Set<string>>,
  options: ReadOptions,
): Promise<boolean> {
  const document = await readDocument(objects, `transactions/${id}`, 'transactionLog', options)
  if (document === undefined) return false
  let places = 0
  for (const array of document.root.tables(7).eachTable()) {
    const node = array.struct(0, 8)
    if (node === undefined)
      throw new ReaderError('Corrupt', `'transactions/${id}' names an array without an id`)
    const updated = array.tables(1)
    places += updated.length
    if (places > MAX_PLACES)
      throw new ReaderError(
        'OverBudget',
        `commit ${id} wrote more than ${MAX_PLACES} chunks: compare versions that are closer`,
      )
    const key = nodeKey(node)
    const own = chunks.get(key) ?? new Set<string>()
    for (const entry of updated.eachTable()) {
      const coordinates = entry.vector(0, 4)
      own.add(
        Array.from({ length: coordinates?.length ?? 0 }, (_, axis) => coordinates!.uint32(axis)).join('/'),
      )
    }
    chunks.set(key, own)
  }
  return true
}
