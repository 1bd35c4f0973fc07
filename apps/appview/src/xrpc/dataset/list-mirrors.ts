import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listMirrors = method(frost.dataset.listMirrors, ({ params }, { index }) =>
  index.queries.listMirrors(params),
)
