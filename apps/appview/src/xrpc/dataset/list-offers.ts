import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listOffers = method(frost.dataset.listOffers, ({ params }, { index }) =>
  index.queries.listOffers(params),
)
