import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listEntries = method(frost.dataset.listEntries, ({ params }, { index }) =>
  index.queries.listEntries(params),
)
