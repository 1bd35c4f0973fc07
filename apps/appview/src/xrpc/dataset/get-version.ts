import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getVersion = method(frost.dataset.getVersion, ({ params }, { index }) =>
  index.queries.getVersion(params),
)
