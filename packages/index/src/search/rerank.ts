/**
 * Field-weighted BM25 (BM25F: Robertson, Zaragoza & Taylor, "Simple BM25 extension to multiple weighted fields", CIKM
 * 2004) for the few hundred best candidates, with global statistics, so that candidates of different segments compare.
 */
import { fieldCount } from './features.ts'
import type { ParsedQuery } from './query.ts'
import { information, type TermStatistics } from './statistics.ts'

export interface RankingWeights {
  /** How much an occurrence in each field counts, in the order of `rankedFields`. */
  readonly fields: readonly number[]
  /** How much a field's length above its mean discounts it, 0 to 1. */
  readonly lengths: readonly number[]
  /** Saturation of term frequency. */
  readonly k1: number
  /** Exponent of the share of the query (by information) that the document has. */
  readonly coverage: number
  /** For two neighbouring query terms side by side in the title, as a share of the rarer one's information. */
  readonly adjacency: number
  /** Factor for a document whose title is the query, word for word. */
  readonly wholeTitle: number
}

/**
 * Found by random search on one half of the known-item queries and rounded; `bench/ranking.ts` measures on the other and on
 * all. That corpus has no variables: theirs are set between title and description.
 */
export const defaultWeights: RankingWeights = {
  fields: [3, 4, 2, 1, 0.7, 1, 0.5],
  lengths: [0.9, 0.3, 0.1, 0.6, 0.6, 0.7, 0.85],
  k1: 3.2,
  coverage: 0.1,
  adjacency: 0.3,
  wholeTitle: 1.5,
}

export interface WeighedTerm {
  readonly hash: number
  /** Share of the term's information that counts, below 1 for completions of an unknown word. */
  readonly weight: number
}

/** A function that scores documents' features for one query. Allocates nothing per document. */
export function ranker(
  query: readonly WeighedTerm[],
  statistics: TermStatistics,
  weights: RankingWeights = defaultWeights,
): (features: Uint32Array) => number {
  const count = query.length
  const indexOf = new Map<number, number>()
  // Most terms of a document are not asked for: one byte per low byte of the hash rejects them without a look-up.
  const maybe = new Uint8Array(4096)
  const idf = query.map(({ hash, weight }, index) => {
    indexOf.set(hash, index)
    maybe[hash & 4095] = 1
    return weight * information(statistics.documents, statistics.frequency(hash))
  })
  const all = idf.reduce((sum, one) => sum + one, 0) || 1
  const means = Array.from({ length: fieldCount }, (_, field) => statistics.meanLength(field))
  const inField = new Float64Array(count)
  const total = new Float64Array(count)
  return features => {
    total.fill(0)
    let at = fieldCount
    let adjacent = 0
    let titled = 0
    for (let field = 0; field < fieldCount; field++) {
      const length = features[field]!
      const end = at + length
      inField.fill(0)
      let any = false
      let before = -2
      for (; at < end; at++) {
        const hash = features[at]!
        const index = maybe[hash & 4095] ? (indexOf.get(hash) ?? -2) : -2
        if (index >= 0) {
          inField[index]!++
          any = true
          if (field === 0 && before === index - 1) adjacent += Math.min(idf[before]!, idf[index]!)
        }
        before = index
      }
      if (!any) continue
      if (field === 0) for (let index = 0; index < count; index++) if (inField[index]! > 0) titled++
      const b = weights.lengths[field]!
      const scale = weights.fields[field]! / (1 - b + (b * length) / means[field]!)
      for (let index = 0; index < count; index++) total[index]! += inField[index]! * scale
    }
    let score = 0
    let covered = 0
    for (let index = 0; index < count; index++) {
      const frequency = total[index]!
      if (frequency === 0) continue
      score += (idf[index]! * frequency) / (weights.k1 + frequency)
      covered += idf[index]!
    }
    const isTitle = titled === count && features[0] === count
    return (
      (score + weights.adjacency * adjacent) *
      (covered / all) ** weights.coverage *
      (isTitle ? weights.wholeTitle : 1)
    )
  }
}

/** The terms of a query at full weight. */
export function weighTerms(query: ParsedQuery): WeighedTerm[] {
  return query.terms.map(({ hash }) => ({ hash, weight: 1 }))
}
