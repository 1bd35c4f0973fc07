import { l } from '@atproto/lex'
import { invalidRequest } from '../errors.ts'
import { method } from '../method.ts'

/** https://atproto.com/specs/sync: a PDS announces itself, and its firehose is read from then on. */
const procedure = l.procedure(
  'com.atproto.sync.requestCrawl',
  l.params({}),
  l.payload('application/json', l.object({ hostname: l.string({ minLength: 1, maxLength: 300 }) })),
  l.payload(undefined, undefined),
)

export const requestCrawl = method(procedure, async ({ input }, { consumer }) => {
  const accepted = await consumer.requestCrawl(input.hostname)
  if (!accepted.ok) throw invalidRequest(`hostname '${input.hostname}' is not read: ${accepted.reason}`)
  return {}
})
