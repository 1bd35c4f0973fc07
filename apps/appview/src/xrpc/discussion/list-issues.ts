import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listIssues = method(frost.discussion.listIssues, ({ params }, { index }) =>
  index.queries.listIssues(params),
)
