import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const putPlan = method(
  frost.admin.putPlan,
  async ({ input }, { index }) => {
    await index.consumers.putPlan({
      name: input.name,
      requests_per_window: input.requestsPerWindow ?? null,
      requests_per_month: input.requestsPerMonth ?? null,
      bytes_per_month: input.bytesPerMonth ?? null,
    })
    return {}
  },
  { operator: true },
)
