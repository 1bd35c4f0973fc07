import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getEntries = method(frost.dataset.getEntries, ({ params }, { index }) =>
  index.queries.getEntries(params),
)
