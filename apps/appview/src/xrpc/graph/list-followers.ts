import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listFollowers = method(frost.graph.listFollowers, ({ params }, { index }) =>
  index.queries.listFollowers(params),
)
