import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const removeWebhook = method(
  frost.updates.removeWebhook,
  async ({ input, viewer }, { index }) => {
    await index.webhooks.remove(viewer!, input.id)
    return {}
  },
  { signedIn: true },
)
