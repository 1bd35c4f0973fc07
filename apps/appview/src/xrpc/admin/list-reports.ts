import { accountNames, UNKNOWN_HANDLE } from '@frost/index/entry-facts'
import { decodePosition, paged } from '@frost/index/page-cursor'
import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listReports = method(
  frost.admin.listReports,
  async ({ params }, { index }) => {
    const { state = 'open', limit = 25, cursor } = params
    const after = Number(decodePosition(cursor)?.[0] ?? 0) || 0
    const rows = await index.moderation.reports(state, limit + 1, after)
    const { page, cursor: next } = paged(rows, limit, ({ id }) => [String(id), ''])
    const names = await accountNames(
      index.database,
      page.map(({ reporter }) => reporter),
    )
    return {
      reports: page.map(row => ({
        id: Number(row.id),
        subject: row.subject,
        ...(row.cid !== null && { cid: row.cid }),
        reasonType: row.reason_type,
        ...(row.reason !== null && { reason: row.reason }),
        reportedBy: { did: row.reporter, handle: names.get(row.reporter)?.handle ?? UNKNOWN_HANDLE },
        createdAt: row.created_at,
        ...(row.resolved_by !== null && { resolvedBy: row.resolved_by }),
        ...(row.resolved_at !== null && { resolvedAt: row.resolved_at }),
        ...(row.note !== null && { note: row.note }),
        isTakenDown: index.moderation.isTakenDown(row.subject),
      })),
      ...(next && { cursor: next }),
    }
  },
  { operator: true },
)
