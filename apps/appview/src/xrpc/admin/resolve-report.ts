import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const resolveReport = method(
  frost.admin.resolveReport,
  async ({ input, viewer }, { index }) => {
    await index.moderation.resolve(input.id, viewer!, input.note)
    return {}
  },
  { operator: true },
)
