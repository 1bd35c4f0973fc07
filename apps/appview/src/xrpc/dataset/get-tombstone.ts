import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getTombstone = method(frost.dataset.getTombstone, ({ params }, { index }) =>
  index.queries.getTombstone(params),
)
