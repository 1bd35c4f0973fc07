import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listMutes = method(
  frost.graph.listMutes,
  ({ params, viewer }, { index }) => index.queries.listMutes({ ...params, viewer: viewer! }),
  { signedIn: true },
)
