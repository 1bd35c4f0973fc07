import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const countFacets = method(frost.dataset.countFacets, ({ params }, { index }) =>
  index.queries.countFacets(params),
)
