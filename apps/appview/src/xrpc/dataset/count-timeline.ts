import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const countTimeline = method(frost.dataset.countTimeline, ({ params }, { index }) =>
  index.queries.countTimeline(params),
)
