import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const createKey = method(
  frost.admin.createKey,
  async ({ input }, { index }) => ({ ...(await index.consumers.createKey(input.name, input.plan)) }),
  { operator: true },
)
