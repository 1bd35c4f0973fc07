import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listCollectionItems = method(frost.dataset.listCollectionItems, ({ params }, { index }) =>
  index.queries.listCollectionItems(params),
)
