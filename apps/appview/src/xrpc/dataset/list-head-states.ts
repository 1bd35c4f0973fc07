import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listHeadStates = method(frost.dataset.listHeadStates, ({ params }, { index }) =>
  index.queries.listHeadStates(params),
)
