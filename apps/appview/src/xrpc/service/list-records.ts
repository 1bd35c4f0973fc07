import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listRecords = method(frost.service.listRecords, ({ params }, { index }) =>
  index.queries.listRecordStates(params),
)
