import { asserterRole, edgeTo, linkTo, news, projection, telling, text } from '../projection.ts'
import { ownerOf, referenceKey } from '../reference-key.ts'

/** A claim that one thing cites or relates to another; who makes it decides what it counts for. */
export const citation = projection('graph.citation', record => {
  const { did, sortAt, heardAt, value } = record
  const citing = referenceKey(value.citing)
  const cited = referenceKey(value.cited)
  if (!citing || !cited) return {}
  return {
    links: [
      ...linkTo('citation', cited, sortAt),
      ...linkTo('citation-made', citing, sortAt),
      ...news('activity', [cited], heardAt),
      ...telling(record, [
        ['citation', ownerOf(cited)],
        ['citation', ownerOf(citing)],
      ]),
    ],
    edges: edgeTo(citing, value.cited, text(value.relation) ?? 'other', asserterRole(did, citing, cited)),
  }
})
