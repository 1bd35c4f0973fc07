import { frost } from '@frost/lexicon'
import type { Hono } from 'hono'
import { Refused } from '../appview.ts'
import type { Acting, SiteEnv } from '../session/viewer.ts'
import { type SocialParts, signInAddress, writerOf } from '../social/parts.ts'

/** What is one's own, to take along: the repository as its server has it, and what this index alone knows. */
export function exportRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  app.get('/settings/export/repository.car', async c => {
    const viewer = c.get('viewer')
    if (!viewer) return c.redirect(signInAddress('/settings'), 303)
    const { acting } = await writerOf(c, parts)
    const query = new URLSearchParams({ did: acting.did })
    const answer = await acting.agent.fetchHandler(`/xrpc/com.atproto.sync.getRepo?${query}`, {
      method: 'GET',
    })
    if (!answer.ok || !answer.body)
      throw new Refused(
        'NoRepository',
        `Your server did not give the repository: it answered ${answer.status}.`,
      )
    return c.body(answer.body, 200, {
      'Content-Type': 'application/vnd.ipld.car',
      'Content-Disposition': `attachment; filename="${nameOf(acting)}.car"`,
      'Cache-Control': 'private, no-store',
    })
  })

  app.get('/settings/export/settings.json', async c => {
    if (!c.get('viewer')) return c.redirect(signInAddress('/settings'), 303)
    const { acting } = await writerOf(c, parts)
    const { did, handle, agent } = acting
    const [{ body }, mutes, webhooks] = await Promise.all([
      parts.appview.callAs(agent, frost.feed.getSettings, {}),
      all(async params => {
        const { body } = await parts.appview.callAs(agent, frost.graph.listMutes, { params })
        return { items: body.mutes, cursor: body.cursor }
      }),
      all(async params => {
        const { body } = await parts.appview.callAs(agent, frost.updates.listWebhooks, { params })
        return { items: body.webhooks, cursor: body.cursor }
      }),
    ])
    const exportedAt = new Date().toISOString()
    return c.body(
      JSON.stringify({ did, handle, exportedAt, settings: body.settings, mutes, webhooks }, null, 2),
      200,
      {
        'Content-Type': 'application/json',
        'Content-Disposition': `attachment; filename="${nameOf(acting)}-settings.json"`,
        'Cache-Control': 'private, no-store',
      },
    )
  })
}

const nameOf = ({ handle, did }: Acting) => (handle ?? did).replace(/[^\w.-]/g, '_')

interface Page<Item> {
  readonly items: readonly Item[]
  readonly cursor?: string
}

async function all<Item>(
  ask: (params: { limit: number; cursor?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const found: Item[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await ask({ limit: 100, ...(cursor !== undefined && { cursor }) })
    found.push(...page.items)
    cursor = page.cursor
    if (cursor === undefined) return found
  }
}
