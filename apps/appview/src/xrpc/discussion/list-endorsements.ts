import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listEndorsements = method(frost.discussion.listEndorsements, ({ params }, { index }) =>
  index.queries.listEndorsements(params),
)
