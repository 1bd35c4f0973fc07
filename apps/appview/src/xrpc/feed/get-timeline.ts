import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const getTimeline = method(
  frost.feed.getTimeline,
  ({ params, viewer }, { index }) => index.queries.getTimeline({ ...params, viewer: viewer! }),
  { signedIn: true },
)
