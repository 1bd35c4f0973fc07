import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getCollection = method(frost.dataset.getCollection, ({ params }, { index }) =>
  index.queries.getCollection(params),
)
