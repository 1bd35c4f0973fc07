import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const searchEntries = method(frost.dataset.searchEntries, ({ params }, { index }) =>
  index.queries.searchEntries(params),
)
