import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const takeDown = method(
  frost.admin.takeDown,
  async ({ input, viewer }, { index }) => ({
    changed: await index.moderation.takeDown(input.subjects, viewer!, input.reason),
  }),
  { operator: true },
)
