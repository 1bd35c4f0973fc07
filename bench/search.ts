/**
 * Search at a million datasets (`--records=N` or FROST_BENCH_RECORDS for fewer; `--keep=DIR` or FROST_BENCH_DIR keeps the
 * index for the next run). Latencies are of whole requests, warm, one after another, with the estimate of the total and the
 * re-ranking.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SearchEngine, SearchFilters } from '@frost/index/search/engine'
import { openSearch } from '@frost/index/search/open'
import Database from 'better-sqlite3'
import { documents, queries, randomNumbers } from './corpus.lib.ts'
import type { Emit } from './main.ts'

/** `--name=value` on the command line, or an environment variable. */
const option = (name: string, variable: string) =>
  process.argv.find(argument => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ??
  process.env[variable]

const bulk = 50_000
const warmUp = 100
const asked = 1_000

const milliseconds = (value: number) => Math.round(value * 100) / 100

function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!
}

async function time(count: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  for (let index = 0; index < Math.min(warmUp, count); index++) await work(index)
  const samples: number[] = []
  for (let index = 0; index < count; index++) {
    const start = performance.now()
    await work(index)
    samples.push(performance.now() - start)
  }
  return samples
}

const p50 = (samples: readonly number[]) => `p50 ${milliseconds(percentile(samples, 0.5))} ms`

/** Fills the index in batches, going on where an earlier run stopped. @returns seconds, or undefined when it was full */
async function fill(search: SearchEngine, records: number): Promise<number | undefined> {
  let done = await search.watermark()
  if (done >= records) return undefined
  const start = performance.now()
  while (done < records) {
    const count = Math.min(bulk, records - done)
    await search.apply({ upserts: [...documents(count, done)], deletes: [], watermark: done + count })
    done += count
    console.error(
      `search: ${done} of ${records} indexed, ${Math.round((performance.now() - start) / 1000)} s`,
    )
  }
  await search.settle()
  return (performance.now() - start) / 1000
}

/** Boxes of continental size, three decades, a common format. */
function* someFilters(count: number): Generator<SearchFilters> {
  const random = randomNumbers(11)
  for (let index = 0; index < count; index++) {
    const west = Math.round(random() * 300 - 180)
    const south = Math.round(random() * 120 - 80)
    yield {
      format: [['zarr', 'netcdf', 'cog', 'parquet'][index % 4]!],
      bbox: { west, south, east: west + 40, north: south + 30 },
      from: 1990,
      until: 2020,
    }
  }
}

export default async function run(emit: Emit): Promise<void> {
  const records = Number(option('records', 'FROST_BENCH_RECORDS') ?? 1_000_000)
  const kept = option('keep', 'FROST_BENCH_DIR')
  const dir = kept ?? mkdtempSync(join(tmpdir(), 'frost-bench-search-'))
  const search = await openSearch({ dir })
  try {
    const built = await fill(search, records)
    if (built !== undefined)
      emit({ figure: 'build-seconds', value: Math.round(built), unit: 's', note: `${records} records` })
    await measure(search, records, dir, emit)
  } finally {
    await search.close()
    if (!kept) rmSync(dir, { recursive: true, force: true })
  }
}

async function measure(search: SearchEngine, records: number, dir: string, emit: Emit): Promise<void> {
  const note = `${records} records, ${asked} queries`
  const words = [...queries(asked)]
  const filters = [...someFilters(asked)]
  const top20 = (index: number, more: SearchFilters = {}) =>
    search.search({ q: words[index % asked]!, limit: 20, ...more })

  const bare = await time(asked, index => top20(index))
  emit({
    figure: 'top20-p99-ms',
    value: milliseconds(percentile(bare, 0.99)),
    unit: 'ms',
    note: `${p50(bare)}, ${note}`,
  })

  const filtered = await time(asked, index => top20(index, filters[index]!))
  emit({
    figure: 'top20-filtered-p99-ms',
    value: milliseconds(percentile(filtered, 0.99)),
    unit: 'ms',
    note: `format + bbox + time, ${p50(filtered)}`,
  })

  const names = ['format', 'license', 'model', 'keyword', 'publisher'] as const
  const facets = await time(300, index => search.facets({ q: words[index]! }, names))
  emit({
    figure: 'facets-p99-ms',
    value: milliseconds(percentile(facets, 0.99)),
    unit: 'ms',
    note: `five facets, ${p50(facets)}`,
  })

  const browsing = await time(200, index => search.search({ ...filters[index]!, sort: 'newest', limit: 20 }))
  emit({
    figure: 'browse20-p99-ms',
    value: milliseconds(percentile(browsing, 0.99)),
    unit: 'ms',
    note: `no words, ${p50(browsing)}`,
  })

  const prefixes = words.map((text, index) => text.slice(0, 2 + (index % 4)))
  const suggesting = await time(500, index => search.suggest(prefixes[index]!, 10))
  emit({
    figure: 'suggest-p99-ms',
    value: milliseconds(percentile(suggesting, 0.99)),
    unit: 'ms',
    note: p50(suggesting),
  })

  await compareWithFts5(records, dir, words, bare, emit)
  await measureUnderIngest(search, records, top20, emit)
  emit({
    figure: 'search-memory-mb',
    value: Math.round(process.memoryUsage.rss() / 1e6),
    unit: 'MB',
    note: 'whole process at the end',
  })
}

/** Plain SQLite FTS5 over the same text: one table, OR of the words, best 20 by its own BM25. */
async function compareWithFts5(
  records: number,
  dir: string,
  words: readonly string[],
  bare: readonly number[],
  emit: Emit,
): Promise<void> {
  const file = join(dir, 'fts5-reference.sqlite')
  const fresh = !existsSync(file)
  const database = new Database(file)
  try {
    database.pragma('mmap_size = 2147418112')
    if (fresh) {
      database.pragma('journal_mode = OFF')
      database.exec(
        `CREATE VIRTUAL TABLE reference USING fts5 (text, content='', tokenize='porter unicode61')`,
      )
      const insert = database.prepare('INSERT INTO reference (rowid, text) VALUES (?, ?)')
      for (let start = 0; start < records; start += bulk)
        database.transaction(() => {
          let id = start
          for (const one of documents(Math.min(bulk, records - start), start))
            insert.run(
              ++id,
              [
                one.title,
                one.slugWords,
                one.subjects.join(' '),
                one.creators.join(' '),
                one.publisher,
                one.distributionTitles.join(' '),
                one.variables.join(' '),
                one.description,
              ].join('\n'),
            )
        })()
      database.exec(`INSERT INTO reference (reference) VALUES ('optimize')`)
    }
    const best = database.prepare(
      'SELECT rowid FROM reference WHERE reference MATCH ? ORDER BY rank LIMIT 20',
    )
    const samples = await time(150, async index => best.all(words[index]!.split(' ').join(' OR ')))
    const reference = percentile(samples, 0.99)
    const own = percentile(bare, 0.99)
    emit({
      figure: 'top20-vs-fts5-p99',
      value: Math.round((reference / own) * 10) / 10,
      unit: 'times',
      against: `FTS5 p99 ${milliseconds(reference)} ms, ${p50(samples)}`,
    })
  } finally {
    database.close()
    if (option('keep', 'FROST_BENCH_DIR') === undefined) rmSync(file, { force: true })
  }
}

/** 50 records a second arrive, of which some are changes, and some go, while queries are asked all the time. */
async function measureUnderIngest(
  search: SearchEngine,
  records: number,
  top20: (index: number) => Promise<unknown>,
  emit: Emit,
): Promise<void> {
  const seconds = Number(option('seconds', 'FROST_BENCH_SECONDS') ?? 100)
  let watermark = await search.watermark()
  const first = watermark
  let written = 0
  let running = true
  const startedAt = performance.now()
  const lags: number[] = []
  const writer = (async () => {
    let next = first
    const random = randomNumbers(first)
    while (running) {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * 50)
      const count = Math.min(256, due - written)
      if (count > 0) {
        const fresh = [...documents(Math.ceil(count * 0.6), next)]
        next += fresh.length
        const changed = Array.from({ length: Math.floor(count * 0.3) }, () => {
          const [old] = documents(1, Math.floor(random() * records))
          return { ...old!, title: `${old!.title} revised`, used: old!.used + 1 }
        })
        const gone = Array.from(
          { length: count - fresh.length - changed.length },
          () => [...documents(1, Math.floor(random() * records))][0]!.uri,
        )
        const start = performance.now()
        watermark += count
        await search.apply({ upserts: [...fresh, ...changed], deletes: gone, watermark })
        lags.push(performance.now() - start)
        written += count
      }
      await new Promise(resolve => setTimeout(resolve, 200))
    }
  })()
  const samples: number[] = []
  for (let index = 0; performance.now() - startedAt < seconds * 1000; index++) {
    const start = performance.now()
    await top20(index)
    samples.push(performance.now() - start)
    // A reader that never pauses would measure the queue before the writer rather than search.
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  running = false
  await writer
  emit({
    figure: 'top20-under-ingest-p99-ms',
    value: milliseconds(percentile(samples, 0.99)),
    unit: 'ms',
    note: `${Math.round(written / seconds)} changes a second for ${seconds} s, ${p50(samples)}, ${samples.length} queries, batch p99 ${milliseconds(percentile(lags, 0.99))} ms`,
  })
}
