/**
 * Ranking, on known-item queries: each is the title of a tutorial or paper that names the datasets it used; those are what
 * it must find. The titles themselves (`DataAtWork`) are left out of what is indexed. Weights were tuned on the queries of one
 * half of the datasets; `ndcg10-unseen` is of the other half.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SearchDocument } from '@frost/index/search/engine'
import { openSearch } from '@frost/index/search/open'
import type { RankingWeights } from '@frost/index/search/rerank'
import { nsid } from '@frost/lexicon'
import { parseDocument } from 'yaml'
import type { Emit } from './main.ts'

const corpora = new URL('../../shared/corpora/', import.meta.url)

interface RegistryEntry {
  readonly Name?: string
  readonly Description?: string
  readonly ManagedBy?: string
  readonly License?: string
  readonly Tags?: readonly string[]
  readonly Resources?: readonly { readonly Description?: string; readonly Type?: string }[]
}

const plain = (markdown: string | undefined) =>
  String(markdown ?? '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<[^>]*>|https?:\/\/\S+/g, ' ')

/** The registry's fields that describe a dataset, without those that tell of its uses. */
export function registryDocument(slug: string, entry: RegistryEntry): SearchDocument {
  const subjects = (entry.Tags ?? []).map(String)
  return {
    uri: `at://did:web:registry.example/${nsid('dataset.entry')}/${slug}`,
    did: 'did:web:registry.example',
    title: String(entry.Name ?? slug),
    slugWords: slug.replace(/[^\p{L}\p{N}]+/gu, ' '),
    subjects,
    creators: [],
    publisher: plain(entry.ManagedBy),
    distributionTitles: (entry.Resources ?? []).map(one => plain(one.Description)),
    variables: [],
    description: plain(entry.Description),
    formats: [],
    licenses: entry.License ? [String(entry.License).slice(0, 100)] : [],
    models: [],
    keywords: subjects.map(one => one.toLowerCase()),
    publisherId: 'did:web:registry.example',
    boxes: [],
    createdAt: 0,
    used: 0,
  }
}

export interface KnownItemQuery {
  readonly q: string
  readonly relevant: ReadonlySet<string>
  /** Of the half that weights are tuned on. */
  readonly tuning: boolean
}

export function readCorpus(): { documents: SearchDocument[]; queries: KnownItemQuery[] } | undefined {
  if (!existsSync(new URL('aws-open-data-queries.json', corpora))) return undefined
  const folder = new URL('aws-open-data/', corpora)
  const documents = readdirSync(folder)
    .filter(name => name.endsWith('.yaml'))
    .map(name =>
      registryDocument(
        name.slice(0, -5),
        parseDocument(readFileSync(new URL(name, folder), 'utf8'), {
          logLevel: 'silent',
        }).toJS() as RegistryEntry,
      ),
    )
  const listed = JSON.parse(readFileSync(new URL('aws-open-data-queries.json', corpora), 'utf8')) as Record<
    string,
    string[]
  >
  const queries = Object.entries(listed).map(([q, slugs]) => ({
    q,
    relevant: new Set(slugs),
    tuning:
      createHash('sha256')
        .update([...slugs].sort()[0]!)
        .digest()[0]! %
        2 ===
      0,
  }))
  return { documents, queries }
}

/** Normalised discounted cumulative gain of the first ten, with binary relevance (Järvelin & Kekäläinen 2002). */
export function ndcg10(found: readonly string[], relevant: ReadonlySet<string>): number {
  let gain = 0
  let ideal = 0
  for (let rank = 0; rank < 10; rank++) {
    if (rank < found.length && relevant.has(found[rank]!)) gain += 1 / Math.log2(rank + 2)
    if (rank < relevant.size) ideal += 1 / Math.log2(rank + 2)
  }
  return gain / ideal
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length

/** One field for everything, as long as it is: ordinary BM25. */
const plainWeights: RankingWeights = {
  fields: [1, 1, 1, 1, 1, 1, 1],
  lengths: [0, 0, 0, 0, 0, 0, 0],
  k1: 1.2,
  coverage: 0,
  adjacency: 0,
  wholeTitle: 1,
}

export default async function run(emit: Emit): Promise<void> {
  const corpus = readCorpus()
  if (!corpus) {
    console.error('ranking: the known-item queries are not here (../shared/corpora); nothing measured')
    return
  }
  const measure = async (weights?: RankingWeights) => {
    const dir = mkdtempSync(join(tmpdir(), 'frost-ranking-'))
    const search = await openSearch({ dir, ...(weights && { weights }) })
    try {
      await search.apply({ upserts: corpus.documents, deletes: [], watermark: 1 })
      const scores: { score: number; tuning: boolean }[] = []
      for (const { q, relevant, tuning } of corpus.queries) {
        const { hits } = await search.search({ q, limit: 10 })
        scores.push({
          score: ndcg10(
            hits.map(hit => hit.uri.split('/').at(-1)!),
            relevant,
          ),
          tuning,
        })
      }
      return {
        all: mean(scores.map(one => one.score)),
        unseen: mean(scores.filter(one => !one.tuning).map(one => one.score)),
        tuned: mean(scores.filter(one => one.tuning).map(one => one.score)),
      }
    } finally {
      await search.close()
      rmSync(dir, { recursive: true, force: true })
    }
  }
  const count = `${corpus.queries.length} known-item queries over ${corpus.documents.length} datasets`
  const round = (value: number) => Math.round(value * 10_000) / 10_000
  const unweighted = await measure(plainWeights)
  const weighted = await measure()
  const against = `${round(unweighted.all)} without field weights`
  emit({ figure: 'ndcg10', value: round(weighted.all), unit: 'nDCG', against, note: count })
  emit({
    figure: 'ndcg10-unseen',
    value: round(weighted.unseen),
    unit: 'nDCG',
    against: `${round(weighted.tuned)} on the half that weights were tuned on`,
  })
}
