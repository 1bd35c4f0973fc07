import { QueryError } from '@frost/index'
import { checkCursor, type FilterParams, readFilter, type UpdateFilter } from '@frost/index/updates'
import { frost } from '@frost/lexicon'
import { serviceOrigin } from '@frost/sync/http'
import { allowsLoopbackWebhooks } from '../../config.ts'
import { method } from '../method.ts'

export const registerWebhook = method(
  frost.updates.registerWebhook,
  async ({ input, viewer }, { index, config }) => {
    const url = checkedUrl(input.url, allowsLoopbackWebhooks(config))
    const params = readFilterJson(input.filterJson)
    const filter = await readFilter(index.database, params).catch(error => {
      throw error instanceof QueryError ? new QueryError('InvalidFilter', error.message) : error
    })
    const last = await checkCursor(index.database, index.updates, input.after ?? 0)
    const hook = await index.webhooks.register({
      did: viewer!,
      url,
      filter: JSON.stringify(keptFilter(params, filter)),
      seq: input.after ?? last,
    })
    return { id: hook.id, secret: hook.secret }
  },
  { signedIn: true },
)

/** The filter with DIDs for handles: what it means must not change with them. */
function keptFilter(params: FilterParams, filter: UpdateFilter): FilterParams {
  const { actors, datasets, downstreamOf, search } = filter
  return {
    ...params,
    ...(actors && { actor: [...actors] }),
    ...(datasets && { dataset: [...datasets] }),
    ...(downstreamOf && { downstreamOf }),
    ...(search && { query: search.text }),
  }
}

function checkedUrl(url: string, allowLoopbackHttp: boolean): string {
  try {
    serviceOrigin(url, { allowLoopbackHttp })
    return new URL(url).href
  } catch (error) {
    throw new QueryError('InvalidUrl', `url: ${(error as Error).message}`)
  }
}

/** The parameters of `subscribeUpdates`, cursor and encoding apart. */
function readFilterJson(text: string | undefined): FilterParams {
  const wrong = (why: string) =>
    new QueryError(
      'InvalidFilter',
      `filterJson ${why}: write filters of ${frost.updates.subscribeUpdates.$nsid}, such as {"collection":["${frost.dataset.version.$nsid}"]}`,
    )
  let value: unknown
  try {
    value = JSON.parse(text ?? '{}')
  } catch {
    throw wrong('is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('is no JSON object')
  const { $params } = frost.updates.listUpdates
  const query = new URLSearchParams()
  for (const [name, item] of Object.entries(value)) {
    if (!FILTERS.includes(name)) throw wrong(`has '${name.slice(0, 60)}'`)
    for (const one of [item].flat()) {
      if (typeof one !== 'string') throw wrong(`has a ${name} that is no text`)
      query.append(name, one)
    }
  }
  try {
    const { dataset, actor, collection, downstreamOf, query: search } = $params.fromURLSearchParams(query)
    return { dataset, actor, collection, downstreamOf, query: search }
  } catch (error) {
    throw wrong(`does not hold against the lexicon (${(error as Error).message})`)
  }
}

const FILTERS = ['dataset', 'actor', 'collection', 'downstreamOf', 'query']
