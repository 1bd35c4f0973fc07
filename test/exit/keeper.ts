/** People who hold a key of their own, and those who take their account away. */
import { AtpAgent } from '@atproto/api'
import { Secp256k1Keypair } from '@atproto/crypto'
import {
  fetchDidLog,
  lastOperation,
  nextOperation,
  type OperationData,
  submitOperation,
} from '@frost/client/account/did-log'
import { createAccount } from '@frost/client/account/own-key'
import type { Settings } from '@frost/client/settings'
import type { TestNetwork } from '@frost/network/testing'
import { furnish, settingsFor } from './account.ts'

/** Somebody whose account was created with a key of their own. */
export async function keeper(
  network: TestNetwork,
  pds: { readonly url: string; readonly domain: string },
  label: string,
) {
  const settings = settingsFor(network)
  const email = `${label}@example.com`
  const account = { handle: `${label}.${pds.domain}`, email, password: 'secret' }
  const own = await createAccount(pds.url, account, settings)
  const agent = new AtpAgent({ service: pds.url })
  await agent.login({ identifier: own.did, password: 'secret' })
  const made = { did: own.did, agent, account: { ...account, did: own.did, service: pds.url } }
  await furnish(made as never)
  return { ...own, ...made, settings }
}

/** The host, or whoever has its key, takes the owner's key out and points the DID to a home of its own, or does what else is given. */
export async function seize(
  network: TestNetwork,
  victim: { readonly did: string; readonly settings: Settings },
  pds: string,
  changes: Partial<OperationData> = {},
) {
  const { operations, directory } = await fetchDidLog(victim.did, victim.settings)
  const rival = await Secp256k1Keypair.create()
  const operation = await nextOperation(
    lastOperation(operations),
    {
      rotationKeys: [rival.did()],
      verificationMethods: { atproto: rival.did() },
      services: {
        atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: 'https://rival.example.org' },
      },
      ...changes,
    },
    network.pds(pds).server.ctx.plcRotationKey,
  )
  await submitOperation(directory, victim.did, operation)
}
