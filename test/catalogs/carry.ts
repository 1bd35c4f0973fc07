import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCatalog } from '@frost/client/import/catalog'
import { type ImportReport, type ImportTarget, importItems } from '@frost/client/import/importer'
import { Journal } from '@frost/client/import/journal'
import { PublisherAccounts } from '@frost/client/import/publisher-accounts'
import { Repository } from '@frost/client/repository'
import { faultOf } from '@frost/client/validation'
import { inParallel } from '@frost/sync/in-parallel'
import type { Stand } from '../stand.ts'

/** Catalogue, folder of the corpora, datasets in it. */
export const CORPORA = [
  ['aws-open-data', 'aws-open-data', 960],
  ['stac', 'earth-engine-stac', 905],
  ['stac', 'nasa-cmr-stac', 4978],
  ['croissant', 'croissant', 43],
  ['leap', 'leap', 32],
] as const

export interface Carried {
  readonly report: ImportReport
  readonly seconds: number
  /** rkey → title of every dataset of the source. */
  readonly titles: ReadonlyMap<string, string>
}

/** Imports a catalogue into the world's PDSes, an account per publisher, as `frost import` does. */
export class Carrier {
  readonly #configDir: string
  readonly #service: string

  private constructor(configDir: string, service: string) {
    this.#configDir = configDir
    this.#service = service
  }

  static async open(world: Stand): Promise<Carrier & AsyncDisposable> {
    const configDir = await mkdtemp(join(tmpdir(), 'frost-carry-'))
    const carrier = new Carrier(configDir, world.network.pds().url)
    return Object.assign(carrier, {
      [Symbol.asyncDispose]: () => rm(configDir, { recursive: true, force: true }),
    })
  }

  async carry(catalog: string, path: string): Promise<Carried> {
    const accounts = await PublisherAccounts.open(this.#service, this.#configDir)
    const target: ImportTarget = {
      accountKey: ({ publisher }) => publisher ?? 'Unknown publisher',
      repository: async publisher => new Repository(await accounts.session(publisher)),
    }
    const titles = new Map<string, string>()
    async function* noted() {
      for await (const item of readCatalog(catalog, path)) {
        for (const { rkey, record } of item.records) titles.set(rkey, String(record.title))
        yield item
      }
    }
    const journal = await Journal.open(this.#configDir, [catalog, path])
    const began = performance.now()
    const report = await importItems(noted(), { target, journal, validate: faultOf })
    return { report, titles, seconds: (performance.now() - began) / 1000 }
  }
}

/**
 * Of datasets looked for by their titles, those that are not among the first 25 results, and how long a search took.
 * @param atOnce searches under way together
 */
export async function lookFor(
  world: Stand,
  titles: ReadonlyMap<string, string>,
  atOnce = 1,
): Promise<{ missing: string[]; milliseconds: number[] }> {
  const missing: string[] = []
  const milliseconds: number[] = []
  const look = async ([rkey, title]: readonly [string, string]) => {
    const began = performance.now()
    const { entries } = await world.ask<{ entries: { uri: string; record: { title: string } }[] }>(
      'dataset.searchEntries',
      { q: title, limit: '25' },
    )
    milliseconds.push(performance.now() - began)
    if (!entries.some(({ uri, record }) => uri.endsWith(`/${rkey}`) && record.title === title))
      missing.push(title)
  }
  await inParallel([...titles], look, atOnce)
  return { missing, milliseconds }
}

/** Resolves when the AppView holds so many datasets, and search all of them. */
export async function settled(world: Stand, entries: number): Promise<void> {
  const { index } = world.appview.services
  await world.until(
    () => index.status(),
    ({ counts, seq, searchSeq }) =>
      searchSeq === seq &&
      Object.entries(counts).some(([name, count]) => name.endsWith('.entry') && count >= entries),
  )
}
