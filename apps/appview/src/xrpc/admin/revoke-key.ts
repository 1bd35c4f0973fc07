import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const revokeKey = method(
  frost.admin.revokeKey,
  async ({ input }, { index, quotas }) => {
    await index.consumers.revokeKey(input.id)
    quotas?.forget()
    return {}
  },
  { operator: true },
)
