import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const restore = method(
  frost.admin.restore,
  async ({ input }, { index }) => ({ changed: await index.moderation.restore(input.subjects) }),
  { operator: true },
)
