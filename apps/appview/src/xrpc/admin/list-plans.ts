import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listPlans = method(
  frost.admin.listPlans,
  async (_, { index }) => ({
    plans: (await index.consumers.plans()).map(
      ({ name, requests_per_window, requests_per_month, bytes_per_month }) => ({
        name,
        ...(requests_per_window !== null && { requestsPerWindow: Number(requests_per_window) }),
        ...(requests_per_month !== null && { requestsPerMonth: Number(requests_per_month) }),
        ...(bytes_per_month !== null && { bytesPerMonth: Number(bytes_per_month) }),
      }),
    ),
  }),
  { operator: true },
)
