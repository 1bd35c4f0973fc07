/** What whoever started the network may ask of it while it runs, by IPC: for demonstrations of what a network survives. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AccountBook } from './account-book.ts'
import type { Network } from './network.ts'

const CALLS: Readonly<Record<string, (network: Network, ...given: string[]) => Promise<unknown>>> = {
  /** A PDS and its disk are gone for good. */
  async lose(network, name = '') {
    await network.pds(name).kill()
    await rm(join(network.dataDir, 'pds', name), { recursive: true, force: true })
  },
  /** How to sign in to an account that the network made for itself. */
  async account(network, label = '', pdsName = '') {
    const { did, handle, password, pds } = await (await AccountBook.open(network)).ensure(label, pdsName)
    return { did, handle, password, pds: pds.url }
  },
  /** The code in the newest mail to whoever has the account. */
  async code(network, did = '', pdsName = '') {
    const { email } = await network
      .pds(pdsName)
      .call<{ email: string }>('com.atproto.admin.getAccountInfo', { admin: true, params: { did } })
    const { token } = await network.mails.next(email, { after: 0 })
    return { code: token }
  },
}

/** Answers `{call, given, id}` with `{id, answer}` or `{id, error}` as long as the process that started this one is there. */
export function answerControl(network: Network): void {
  process.on('message', (message: { call?: unknown; given?: unknown; id?: unknown } | null) => {
    const { call, given, id } = message ?? {}
    if (typeof call !== 'string') return
    const run = CALLS[call]
    const args = Array.isArray(given) ? given.map(String) : []
    const answering = run ? run(network, ...args) : Promise.reject(new Error(`there is no call '${call}'`))
    answering.then(
      answer => process.send?.({ id, answer }),
      error => process.send?.({ id, error: String((error as Error).message) }),
    )
  })
}
