import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Network, type NetworkOptions, startNetwork } from './network.ts'

export type TestNetworkOptions = Partial<NetworkOptions>

/**
 * A network on free ports whose state is in a temporary folder, deleted when it is disposed of:
 * `await using network = await testNetwork()`. Give `dataDir` to keep the state, e.g. to start on it again.
 */
export async function testNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'frost-network-')))
  const remove =
    options.dataDir === undefined
      ? () => rm(dataDir, { recursive: true, force: true })
      : async () => undefined
  try {
    const network = await startNetwork({ ...options, dataDir })
    return Object.assign(network, {
      async [Symbol.asyncDispose]() {
        await network.stop()
        await remove()
      },
    })
  } catch (error) {
    await remove()
    throw error
  }
}

export type TestNetwork = Network & AsyncDisposable

/** Runs `work` on a network of its own, which is gone afterwards. */
export async function withNetwork<T>(
  work: (network: Network) => Promise<T>,
  options: TestNetworkOptions = {},
): Promise<T> {
  await using network = await testNetwork(options)
  return await work(network)
}
