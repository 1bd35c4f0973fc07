import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const muteActor = method(
  frost.graph.muteActor,
  async ({ input, viewer }, { index }) => {
    await index.readers.mute(viewer!, input.actor)
    return {}
  },
  { signedIn: true },
)
