import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listDigests = method(frost.service.listDigests, ({ params }, { index }) =>
  index.queries.listDigests(params),
)
