import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const diffVersions = method(frost.dataset.diffVersions, ({ params }, { index }) =>
  index.queries.diffVersions(params),
)
