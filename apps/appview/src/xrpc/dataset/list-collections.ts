import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listCollections = method(frost.dataset.listCollections, ({ params }, { index }) =>
  index.queries.listCollections(params),
)
