import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getState = method(frost.dataset.getState, ({ params }, { index }) =>
  index.queries.getState(params),
)
