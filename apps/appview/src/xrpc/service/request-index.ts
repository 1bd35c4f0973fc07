import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const requestIndex = method(frost.service.requestIndex, async ({ input }, { consumer }) => {
  await consumer.track(input.did)
  return {}
})
