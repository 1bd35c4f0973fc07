import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getRepository = method(frost.service.getRepository, async ({ params }, { index }) => ({
  bytes: await index.queries.repositoryProof(params),
}))
