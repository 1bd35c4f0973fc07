import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const rotateWebhookSecret = method(
  frost.updates.rotateWebhookSecret,
  async ({ input, viewer }, { index }) => ({ secret: await index.webhooks.rotate(viewer!, input.id) }),
  { signedIn: true },
)
