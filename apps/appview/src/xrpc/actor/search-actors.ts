import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const searchActors = method(frost.actor.searchActors, ({ params }, { index }) =>
  index.queries.searchActors(params),
)
