import { frost } from '@frost/lexicon'
import type { Hono } from 'hono'
import { nameOf } from '../account-name.ts'
import type { CollectionView, ProfileView } from '../appview.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { type Credit, CreditPage } from './credit-page.tsx'
import { type C, type SocialParts, signInAddress } from './parts.ts'
import {
  ActivityPage,
  CollectionsPage,
  FollowersPage,
  FollowingPage,
  type FollowView,
} from './people-pages.tsx'
import { followsIt } from './standing.ts'
import type { FeedItem } from './views.ts'

/** The pages of an account besides its datasets. */
export function profileRoutes(app: Hono<SiteEnv>, { appview, publicUrl }: SocialParts): void {
  const frameOf = async (c: C) => {
    const { actor } = c.req.param() as { actor: string }
    const profile = (await appview.query(frost.actor.getProfile, { actor })) as unknown as ProfileView
    const person = c.get('viewer')
    const follows = person !== undefined && (await followsIt(appview, person.did, profile.did))
    return { publicUrl, profile, follows }
  }
  const pageOf = (c: C) => {
    const cursor = c.req.query('cursor')
    return { limit: 48, ...(cursor && { cursor }) }
  }

  app.get('/following', c => {
    const person = c.get('viewer')
    return c.redirect(person ? `/p/${nameOf(person)}/following` : signInAddress('/following'), 302)
  })
  app.get('/p/:actor/activity', async c => {
    const [frame, { items, cursor }] = await Promise.all([
      frameOf(c),
      appview.query(frost.feed.getActorFeed, { actor: c.req.param('actor'), ...pageOf(c) }),
    ])
    return c.html(<ActivityPage {...frame} items={items as unknown as FeedItem[]} next={cursor} />)
  })
  app.get('/p/:actor/credit', async c => {
    const actor = c.req.param('actor')
    const [frame, credit] = await Promise.all([
      frameOf(c),
      appview.query(frost.graph.getCredit, { actor, limit: 50 }),
    ])
    return c.html(<CreditPage {...frame} credit={credit as unknown as Credit} />)
  })
  app.get('/p/:actor/collections', async c => {
    const [frame, { collections, cursor }] = await Promise.all([
      frameOf(c),
      appview.query(frost.dataset.listCollections, { actor: c.req.param('actor'), ...pageOf(c) }),
    ])
    return c.html(
      <CollectionsPage {...frame} collections={collections as unknown as CollectionView[]} next={cursor} />,
    )
  })
  app.get('/p/:actor/following', async c => {
    const [frame, { follows, cursor }] = await Promise.all([
      frameOf(c),
      appview.query(frost.graph.listFollows, { actor: c.req.param('actor'), ...pageOf(c) }),
    ])
    return c.html(<FollowingPage {...frame} following={follows as unknown as FollowView[]} next={cursor} />)
  })
  app.get('/p/:actor/followers', async c => {
    const [frame, { followers, cursor }] = await Promise.all([
      frameOf(c),
      appview.query(frost.graph.listFollowers, { subject: c.req.param('actor'), ...pageOf(c) }),
    ])
    return c.html(
      <FollowersPage
        {...frame}
        followers={followers as unknown as { actor?: ProfileView; indexedAt: string }[]}
        next={cursor}
      />,
    )
  })
}
