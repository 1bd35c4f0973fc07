import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getThread = method(frost.discussion.getThread, ({ params }, { index }) =>
  index.queries.getThread(params),
)
