import { decodePosition, paged } from '@frost/index/page-cursor'
import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listKeys = method(
  frost.admin.listKeys,
  async ({ params }, { index }) => {
    const { limit = 25, cursor } = params
    const rows = await index.consumers.keys(limit + 1, decodePosition(cursor))
    const { page, cursor: next } = paged(rows, limit, ({ created_at, id }) => [created_at, id])
    return {
      keys: page.map(({ id, name, plan, created_at, revoked_at }) => ({
        id,
        name,
        plan,
        createdAt: created_at,
        ...(revoked_at !== null && { revokedAt: revoked_at }),
      })),
      ...(next && { cursor: next }),
    }
  },
  { operator: true },
)
