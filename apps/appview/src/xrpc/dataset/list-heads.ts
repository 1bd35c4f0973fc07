import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listHeads = method(frost.dataset.listHeads, ({ params }, { index }) =>
  index.queries.listHeads(params),
)
