import { frost, lexiconVersion } from '@frost/lexicon'
import { version } from '../../version.ts'
import { method } from '../method.ts'

export const describeService = method(frost.service.describeService, async (_, { index, consumer, did }) => {
  const [{ seq, searchSeq, counts, digests, rejected }, hosts] = await Promise.all([
    index.status(),
    index.hosts.counts(),
  ])
  const upstreams = consumer.status().upstreams.map(({ url, connected, cursor, lagSeconds }) => ({
    url,
    connected,
    ...(cursor !== undefined && { cursor }),
    ...(lagSeconds !== undefined && { lag: Math.round(lagSeconds) }),
  }))
  return { did, version, seq, searchSeq, counts, digests, lexiconVersion, upstreams, rejected, hosts }
})
