import type { Hono } from 'hono'
import type { SiteEnv } from '../session/viewer.ts'
import { correctionRoutes } from './correction-routes.tsx'
import { discussionRoutes } from './discussion-routes.tsx'
import { followRoutes } from './follow-routes.tsx'
import { issueRoutes } from './issue-routes.tsx'
import type { SocialParts } from './parts.ts'

/** Following, discussing, collecting, and what one is told. */
export function socialRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  followRoutes(app, parts)
  discussionRoutes(app, parts)
  issueRoutes(app, parts)
  correctionRoutes(app, parts)
}
