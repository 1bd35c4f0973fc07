import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getEntry = method(frost.dataset.getEntry, ({ params }, { index }) =>
  index.queries.getEntry(params),
)
