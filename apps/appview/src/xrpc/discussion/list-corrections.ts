import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listCorrections = method(frost.discussion.listCorrections, ({ params }, { index }) =>
  index.queries.listCorrections(params),
)
