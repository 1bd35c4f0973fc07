import { join } from 'node:path'
import type { Index } from '@frost/index'
import type { Consumer } from '@frost/sync'
import type { AppViewConfig } from '../config.ts'
import type { Logger } from '../log.ts'
import { type Seeded, seed, seedCompared } from './seed.ts'

/** Takes in the snapshot that is configured, and follows the network, before anything is answered. */
export async function beginFromSnapshot(
  { snapshot: source, snapshotPassword: password, dataDir }: AppViewConfig,
  consumer: Consumer,
  { store }: Index,
  log: Logger,
): Promise<Seeded | undefined> {
  if (!source) return undefined
  const seeded = await seed({
    source,
    password,
    folder: join(dataDir, 'seed'),
    consumer,
    store,
    onProgress: text => log.info({ file: text }, 'snapshot'),
  })
  log.info(seeded ?? {}, seeded ? 'the snapshot is taken in' : 'the snapshot was taken in before')
  await consumer.start()
  await seedCompared({ source, consumer, store })
  return seeded
}
