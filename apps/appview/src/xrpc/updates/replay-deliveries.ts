import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const replayDeliveries = method(
  frost.updates.replayDeliveries,
  async ({ input, viewer }, { index }) => ({
    count: await index.webhooks.replay(viewer!, input.id, input.seqs),
  }),
  { signedIn: true },
)
