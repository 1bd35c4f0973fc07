import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getActorFeed = method(frost.feed.getActorFeed, ({ params }, { index }) =>
  index.queries.getActorFeed(params),
)
