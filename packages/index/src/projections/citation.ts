import { asserterRole, edgeTo, linkTo, projection, text } from '../projection.ts'
import { referenceKey } from '../reference-key.ts'

/** A claim that one thing cites or relates to another; who makes it decides what it counts for. */
export const citation = projection('graph.citation', ({ did, sortAt, value }) => {
  const citing = referenceKey(value.citing)
  const cited = referenceKey(value.cited)
  if (!citing || !cited) return {}
  return {
    links: [...linkTo('citation', cited, sortAt), ...linkTo('citation-made', citing, sortAt)],
    edges: edgeTo(citing, value.cited, text(value.relation) ?? 'other', asserterRole(did, citing, cited)),
  }
})
