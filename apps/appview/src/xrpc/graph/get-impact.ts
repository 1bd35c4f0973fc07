import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getImpact = method(frost.graph.getImpact, ({ params }, { index }) =>
  index.queries.getImpact(params),
)
