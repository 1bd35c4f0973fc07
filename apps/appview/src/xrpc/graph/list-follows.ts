import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listFollows = method(frost.graph.listFollows, ({ params }, { index }) =>
  index.queries.listFollows(params),
)
