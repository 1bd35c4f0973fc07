import { decodePosition, paged } from '@frost/index/page-cursor'
import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listTakedowns = method(
  frost.admin.listTakedowns,
  async ({ params }, { index }) => {
    const { limit = 25, cursor } = params
    const rows = await index.moderation.takedowns(limit + 1, decodePosition(cursor))
    const { page, cursor: next } = paged(rows, limit, ({ created_at, subject }) => [created_at, subject])
    return {
      takedowns: page.map(({ subject, reason, by, created_at }) => ({
        subject,
        ...(reason !== null && { reason }),
        by,
        createdAt: created_at,
      })),
      ...(next && { cursor: next }),
    }
  },
  { operator: true },
)
