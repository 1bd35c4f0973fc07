import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listDeliveries = method(
  frost.updates.listDeliveries,
  async ({ params, viewer }, { index }) => {
    const { id } = await index.webhooks.owned(viewer!, params.id)
    const { deliveries, cursor } = await index.webhooks.deliveries(id, params)
    return {
      deliveries: deliveries.map(
        ({ seq, state, lane, attempts, first_attempt_at, next_attempt_at, error }) => ({
          seq,
          state,
          dataset: lane,
          attempts,
          firstAttemptAt: first_attempt_at,
          ...(state === 'waiting' && { nextAttemptAt: next_attempt_at }),
          error,
        }),
      ),
      ...(cursor && { cursor }),
    }
  },
  { signedIn: true },
)
