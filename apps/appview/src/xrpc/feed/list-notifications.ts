import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listNotifications = method(
  frost.feed.listNotifications,
  ({ params, viewer }, { index }) => index.queries.listNotifications({ ...params, viewer: viewer! }),
  { signedIn: true },
)
