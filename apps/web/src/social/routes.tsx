import type { Hono } from 'hono'
import type { SiteEnv } from '../session/viewer.ts'
import { citationRoutes } from './citation-routes.tsx'
import { collectionRoutes } from './collection-routes.tsx'
import { correctionRoutes } from './correction-routes.tsx'
import { discussionRoutes } from './discussion-routes.tsx'
import { followRoutes } from './follow-routes.tsx'
import { issueRoutes } from './issue-routes.tsx'
import { newsRoutes } from './news-routes.tsx'
import type { SocialParts } from './parts.ts'
import { profileRoutes } from './profile-routes.tsx'
import { versionPageRoutes } from './version-routes.tsx'

/** Following, discussing, collecting, and what one is told. */
export function socialRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  followRoutes(app, parts)
  collectionRoutes(app, parts)
  newsRoutes(app, parts)
  profileRoutes(app, parts)
  discussionRoutes(app, parts)
  issueRoutes(app, parts)
  correctionRoutes(app, parts)
  citationRoutes(app, parts)
  versionPageRoutes(app, parts)
}
