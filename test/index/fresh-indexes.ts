import type { Index, IndexOptions } from '@frost/index'
import { afterAll, beforeAll } from 'vitest'
import { type EngineName, type Place, place } from './engines.ts'

/** Indexes of one engine for the tests of a block; what is still open at its end is closed. */
export function freshIndexes(engine: EngineName) {
  let here: Place
  const opened = new Set<Index>()
  beforeAll(async () => {
    here = await place(engine)
  }, 120_000)
  afterAll(async () => {
    for (const index of opened) await index.close()
    await here?.[Symbol.asyncDispose]()
  })
  return {
    /** Opens an empty one, or the one opened before under the name. */
    async fresh(name?: string, options?: Partial<IndexOptions>): Promise<Index> {
      const index = await here.open(name, options)
      opened.add(index)
      return index
    },
    async close(index: Index): Promise<void> {
      opened.delete(index)
      await index.close()
    },
  }
}
