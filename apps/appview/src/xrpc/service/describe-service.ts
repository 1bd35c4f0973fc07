import { frost, lexiconVersion } from '@frost/lexicon'
import { version } from '../../version.ts'
import { method } from '../method.ts'

export const describeService = method(frost.service.describeService, async (_, { index, consumer, did }) => {
  const [{ seq, counts, digests, rejected }, hosts] = await Promise.all([
    index.status(),
    index.hosts.counts(),
  ])
  const upstreams = consumer.status().upstreams.map(({ url, cursor, lagSeconds }) => ({
    url,
    ...(cursor !== undefined && { cursor }),
    ...(lagSeconds !== undefined && { lag: Math.round(lagSeconds) }),
  }))
  return { did, version, seq, counts, digests, lexiconVersion, upstreams, rejected, hosts }
})
