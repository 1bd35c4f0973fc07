import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listVersions = method(frost.dataset.listVersions, ({ params }, { index }) =>
  index.queries.listVersions(params),
)
