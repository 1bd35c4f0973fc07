import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const resolveEntry = method(frost.dataset.resolveEntry, ({ params }, { index }) =>
  index.queries.resolveEntry(params),
)
