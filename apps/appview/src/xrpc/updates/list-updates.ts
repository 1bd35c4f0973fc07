import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listUpdates = method(frost.updates.listUpdates, ({ params }, { index }) =>
  index.queries.listUpdates(params),
)
