import { type Index, QueryError } from '@frost/index'
import { checkCursor, readFilter } from '@frost/index/updates'
import { frost } from '@frost/lexicon'
import type { Stream } from '../streams/stream.ts'
import type { UpdateHub } from './hub.ts'
import { infoMessage } from './message.ts'

/** `updates.subscribeUpdates`. */
export function updateStream({ database, updates }: Index, hub: UpdateHub): Stream {
  const encoding = (query: string) =>
    new URLSearchParams(query).get('encoding') === 'json' ? 'json' : 'cbor'
  return {
    nsid: frost.updates.subscribeUpdates.$nsid,
    encoding,
    async open(query, tell) {
      const { cursor, ...params } = readParams(query)
      const filter = await readFilter(database, params)
      let seq = cursor ?? (await updates.last())
      await checkCursor(database, updates, seq).catch(error => {
        if (!(error instanceof QueryError) || error.name !== 'OutdatedCursor') throw error
        // As firehoses do: it is said, and the stream begins where the log does.
        tell(infoMessage(encoding(query), 'OutdatedCursor', error.message))
        seq = 0
      })
      return { source: hub.source(filter), seq }
    },
  }
}

function readParams(query: string) {
  try {
    return frost.updates.subscribeUpdates.$params.fromURLSearchParams(query)
  } catch (error) {
    throw new QueryError('InvalidRequest', (error as Error).message)
  }
}
