import { l } from '@atproto/lex'
import { labelJson } from '@frost/sync/labels'
import { invalidRequest } from '../errors.ts'
import { method } from '../method.ts'

/** com.atproto.label.queryLabels: what this AppView says as a labeler, what it took back included. */
const query = l.query(
  'com.atproto.label.queryLabels',
  l.params({
    uriPatterns: l.array(l.string({ maxLength: 8192 }), { minLength: 1, maxLength: 100 }),
    sources: l.optional(l.array(l.string({ format: 'did' }), { maxLength: 100 })),
    limit: l.withDefault(l.integer({ minimum: 1, maximum: 250 }), 50),
    cursor: l.optional(l.string({ maxLength: 20 })),
  }),
  l.payload('application/json', l.lexMap()),
)

export const queryLabels = method(query, async ({ params }, { did, index }) => {
  const { uriPatterns, sources, limit = 50, cursor = '0' } = params
  const wrong = uriPatterns.find(pattern => pattern.slice(0, -1).includes('*'))
  if (wrong !== undefined)
    throw invalidRequest(`uriPatterns has '${wrong.slice(0, 100)}': a * may stand at the end alone`)
  if (!/^\d{1,16}$/.test(cursor))
    throw invalidRequest(`cursor '${cursor}' was not answered by this query: leave it out to begin anew`)
  if (sources && !sources.some(source => source === did)) return { labels: [] }
  const said = await index.ownLabels.read(did, Number(cursor), limit, uriPatterns)
  const last = said.length === limit ? said.at(-1) : undefined
  return { labels: said.map(labelJson), ...(last && { cursor: String(last.seq) }) }
})
