import { join } from 'node:path'
import type { Index } from '@frost/index'
import type { Consumer } from '@frost/sync'
import type { AppViewConfig } from '../config.ts'
import type { Logger } from '../log.ts'
import { type Seeded, seed, seedCompared } from './seed.ts'

/**
 * Takes in the snapshots that are configured, and follows the network, before anything is answered. Of a repository that is in
 * several its newest state counts, whatever their order.
 */
export async function beginFromSnapshots(
  { beginWith = [], dataDir }: AppViewConfig,
  consumer: Consumer,
  { store }: Index,
  log: Logger,
): Promise<Seeded[]> {
  if (beginWith.length === 0) return []
  const all: Seeded[] = []
  for (const from of beginWith) {
    const seeded = await seed({
      ...from,
      folder: join(dataDir, 'seed'),
      consumer,
      store,
      onProgress: text => log.info({ source: from.source, file: text }, 'snapshot'),
    })
    if (seeded) all.push(seeded)
    log.info(
      seeded ?? { source: from.source },
      seeded ? 'the snapshot is taken in' : 'the snapshot was taken in before',
    )
  }
  await consumer.start()
  await seedCompared({ sources: beginWith.map(({ source }) => source), consumer, store })
  return all
}
