import type { NamedUsage, UsagePosition } from '@frost/index/consumers'
import { decodePosition, encodePosition } from '@frost/index/page-cursor'
import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listUsage = method(
  frost.admin.listUsage,
  async ({ params }, { index, meter }) => {
    const { from, until, consumer, by = 'method', limit = 25, cursor } = params
    await meter?.flush()
    const filter = {
      ...(from !== undefined && { from }),
      ...(until !== undefined && { until }),
      ...(consumer !== undefined && { consumer }),
    }
    const after = decodePosition(cursor)
    const rows =
      by === 'consumer'
        ? await index.consumers.totals(filter, limit + 1, after?.[0])
        : await index.consumers.usage(filter, limit + 1, after && positionIn(after))
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      usage: page.map(usageView),
      ...(rows.length > limit &&
        last && { cursor: encodePosition([last.consumer, JSON.stringify([last.day, last.method])]) }),
    }
  },
  { operator: true },
)

/** Usage in the shape of the lexicon. */
export function usageView({ consumer, name, plan, day, method: asked, requests, bytes }: NamedUsage) {
  return {
    consumer,
    ...(name !== null && { name }),
    ...(plan !== null && { plan }),
    ...(day !== '' && { day }),
    ...(asked !== '' && { method: asked }),
    requests,
    bytes,
  }
}

function positionIn([consumer, rest]: readonly [string, string]): UsagePosition {
  try {
    const [day, asked] = JSON.parse(rest) as unknown[]
    return [consumer, String(day), String(asked)]
  } catch {
    return [consumer, '', '']
  }
}
