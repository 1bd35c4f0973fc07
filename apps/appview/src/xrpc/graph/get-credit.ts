import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getCredit = method(frost.graph.getCredit, ({ params }, { index }) =>
  index.queries.getCredit(params),
)
