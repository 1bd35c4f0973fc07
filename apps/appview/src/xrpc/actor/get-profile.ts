import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getProfile = method(frost.actor.getProfile, ({ params }, { index }) =>
  index.queries.getProfile(params),
)
