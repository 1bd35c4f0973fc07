import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const suggest = method(frost.dataset.suggest, ({ params }, { index }) => index.queries.suggest(params))
