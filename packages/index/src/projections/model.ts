import { linkTo, projection, text } from '../projection.ts'
import { ownerOf } from '../reference-key.ts'

/** A large data model: it belongs to its owner's entry only. */
export const model = projection('dataset.model', ({ did, sortAt, value }) => {
  const dataset = text(value.dataset)
  return dataset && ownerOf(dataset) === did ? { links: linkTo('model', dataset, sortAt) } : {}
})
