import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const updateSeen = method(
  frost.feed.updateSeen,
  async ({ input, viewer }, { index }) => {
    await index.readers.markSeen(viewer!, input.seenAt)
    return {}
  },
  { signedIn: true },
)
