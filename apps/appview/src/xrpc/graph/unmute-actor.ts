import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const unmuteActor = method(
  frost.graph.unmuteActor,
  async ({ input, viewer }, { index }) => {
    await index.readers.unmute(viewer!, input.actor)
    return {}
  },
  { signedIn: true },
)
