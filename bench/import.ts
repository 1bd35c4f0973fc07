/**
 * Whole catalogues through real PDSes, relay, sync and index, an account per publisher: how long the import takes, how long
 * until all of it is searchable, and whether every dataset is found by its title.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Carrier, CORPORA, lookFor, settled } from '../test/catalogs/carry.ts'
import { stand } from '../test/stand.ts'
import type { Emit } from './main.ts'

export default async function run(emit: Emit): Promise<void> {
  await using world = await stand()
  await using carrier = await Carrier.open(world)
  let held = 0
  for (const [catalog, folder, count] of CORPORA) {
    const path = fileURLToPath(new URL(`../../shared/corpora/${folder}`, import.meta.url))
    if (!existsSync(path)) {
      console.error(`left out ${folder}: ../shared/corpora/${folder} is not here`)
      continue
    }
    const { report, seconds, titles } = await carrier.carry(catalog, path)
    const written = performance.now()
    held += report.created
    await settled(world, held)
    const lag = performance.now() - written
    const { missing, milliseconds } = await lookFor(world, titles)
    const again = await carrier.carry(catalog, path)
    const sorted = milliseconds.toSorted((a, b) => a - b)
    const note = `${folder}: ${report.read} of ${count} read, ${report.rejected.length} refused, ${report.accounts} accounts`
    emit({ figure: `import-${folder}-seconds`, value: round(seconds), unit: 's', note })
    emit({
      figure: `import-${folder}-lag-ms`,
      value: round(lag),
      unit: 'ms',
      note: 'from the last write until all is searchable',
    })
    emit({
      figure: `import-${folder}-found-by-title`,
      value: titles.size - missing.length,
      unit: 'datasets',
      against: `${titles.size} in the source`,
      note: `within the first 25; search p50 ${round(sorted[sorted.length >> 1]!)} ms, p99 ${round(sorted[Math.floor(sorted.length * 0.99)]!)} ms`,
    })
    emit({
      figure: `import-${folder}-again-seconds`,
      value: round(again.seconds),
      unit: 's',
      note: `${again.report.unchanged} unchanged, ${again.report.created + again.report.updated} written`,
    })
  }
}

const round = (value: number) => Math.round(value * 10) / 10
