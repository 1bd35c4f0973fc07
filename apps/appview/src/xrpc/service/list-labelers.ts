import { accountNames } from '@frost/index/entry-facts'
import { frost } from '@frost/lexicon'
import { method } from '../method.ts'

export const listLabelers = method(frost.service.listLabelers, async ({ params }, { index, labels }) => {
  const usual = labels?.usual ?? []
  const dids = [...new Set(params.did ?? usual.map(({ did }) => did))]
  const names = await accountNames(index.database, dids)
  const found = await Promise.all(
    dids.map(async did => {
      const identity = await labels?.identity(did)
      if (!identity) return []
      const { handle = names.get(did)?.handle, displayName = names.get(did)?.name } = identity
      return {
        did,
        ...(handle !== undefined && { handle }),
        ...(displayName !== undefined && { displayName }),
        ...(identity.description !== undefined && { description: identity.description }),
        isUsual: usual.some(choice => choice.did === did),
        definitions: identity.definitions,
      }
    }),
  )
  return { labelers: found.flat() }
})
