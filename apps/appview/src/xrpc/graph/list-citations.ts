import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listCitations = method(frost.graph.listCitations, ({ params }, { index }) =>
  index.queries.listCitations(params),
)
