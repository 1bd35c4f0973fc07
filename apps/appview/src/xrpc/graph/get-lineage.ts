import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getLineage = method(frost.graph.getLineage, ({ params }, { index }) =>
  index.queries.getLineage(params),
)
