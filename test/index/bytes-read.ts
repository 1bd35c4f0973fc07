import type { Index } from '@frost/index'
import type { KyselyPlugin } from 'kysely'

/** A database whose answers are weighed: how much text of records each holds. */
export function weighed(index: Index): { readonly db: Index['database']; readonly weights: number[] } {
  const weights: number[] = []
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      const texts = result.rows.flatMap(({ json }) => (typeof json === 'string' ? [json.length] : []))
      if (texts.length > 0) weights.push(texts.reduce((sum, length) => sum + length))
      return result
    },
  }
  return { db: index.database.withPlugin(plugin), weights }
}
