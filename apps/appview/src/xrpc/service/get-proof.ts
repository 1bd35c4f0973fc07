import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getProof = method(frost.service.getProof, async ({ params }, { index }) => ({
  bytes: await index.queries.recordProof(params),
}))
