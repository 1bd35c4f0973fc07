import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listNotices = method(frost.dataset.listNotices, ({ params }, { index }) =>
  index.queries.listNotices(params),
)
