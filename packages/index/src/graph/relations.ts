/**
 * Relations by which one thing was made from another, so that a change of the one asks for the other to be made anew. Names are
 * DataCite's (https://datacite-metadata-schema.readthedocs.io/en/4.6/appendices/appendix-1/relationType/), in kebab case.
 */

/** From the thing that was made to the thing it was made from. */
export const DERIVED: readonly string[] = ['is-derived-from', 'is-variant-form-of', 'is-translation-of']
/** The same said from the other end. */
export const SOURCES: readonly string[] = ['is-source-of', 'is-original-form-of', 'has-translation']

export const LINEAGE: readonly string[] = [...DERIVED, ...SOURCES]

export type AssertedBy = 'downstream-owner' | 'upstream-owner' | 'third-party'

export const ASSERTED_BY: readonly AssertedBy[] = ['downstream-owner', 'upstream-owner', 'third-party']
/** What counts where nobody asks for more: the word of an owner of either end. */
export const OWNERS: readonly AssertedBy[] = ['downstream-owner', 'upstream-owner']

/** A set of asserters as bits. */
export function bitsOf(asserters: readonly string[]): number {
  let bits = 0
  for (const name of asserters) {
    const place = ASSERTED_BY.indexOf(name as AssertedBy)
    if (place >= 0) bits |= 1 << place
  }
  return bits
}

/**
 * A stored edge, turned so that it points from what was made to what it was made from. Who speaks as "downstream owner" is stored
 * for the direction in which the edge was said; turned, the roles change places.
 */
export function derivation(edge: {
  readonly from_key: string
  readonly to_key: string
  readonly relation: string
  readonly asserted_by: string
}): { readonly made: string; readonly source: string; readonly bits: number } {
  if (!SOURCES.includes(edge.relation))
    return { made: edge.from_key, source: edge.to_key, bits: bitsOf([edge.asserted_by]) }
  return { made: edge.to_key, source: edge.from_key, bits: bitsOf([turned(edge.asserted_by)]) }
}

export function turned(assertedBy: string): AssertedBy {
  if (assertedBy === 'downstream-owner') return 'upstream-owner'
  return assertedBy === 'upstream-owner' ? 'downstream-owner' : 'third-party'
}
