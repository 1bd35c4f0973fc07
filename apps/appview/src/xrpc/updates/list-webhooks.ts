import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listWebhooks = method(
  frost.updates.listWebhooks,
  async ({ viewer }, { index }) => {
    // An account has few enough for one answer.
    const hooks = await index.webhooks.list(viewer!)
    const counts = await index.webhooks.counts(hooks.map(({ id }) => id))
    return {
      webhooks: hooks.map(({ id, url, filter, created_at, state, seq, last_error }) => ({
        id,
        url,
        filterJson: filter,
        createdAt: created_at,
        state,
        lastSeq: seq,
        ...counts.get(id),
        ...(last_error !== null && { lastError: last_error }),
      })),
    }
  },
  { signedIn: true },
)
