/**
 * What the site asks of people and of its server, with the first content of the network in a box among 5,000 datasets: bytes of script
 * that the page of results makes a browser load, and the time in which the page of each dataset is answered, AppView included, over
 * loopback. `--datasets=N` (5,000) beside the first content; `--rounds=N` (10) over the first content, and one over every tenth other.
 */
import { entryPath } from '../apps/web/src/dataset-facts.ts'
import { chromiumPath, startBrowser } from '../test/site/site.ts'
import { askXrpc } from '../test/stand.ts'
import { fillIndex } from './filled-index.lib.ts'
import type { Emit } from './main.ts'
import { numberOption, percentile, round } from './measure.lib.ts'
import { startWhole } from './whole.lib.ts'

export default async function run(emit: Emit): Promise<void> {
  const datasets = numberOption('datasets', 5_000)
  await using whole = await startWhole(indexDir =>
    fillIndex(indexDir, Math.ceil(datasets / SHARE_OF_DATASETS)),
  )
  const paths = await datasetPaths(whole.appview)
  await measurePages(whole.site, paths, emit)
  await measureScript(whole.site, emit)
}

/** Of the records that fill an index. */
const SHARE_OF_DATASETS = 0.45

interface Page {
  readonly entries: readonly { readonly uri: string; readonly author: { did: string; handle?: string } }[]
  readonly cursor?: string
}

/** The address of every dataset there is. */
async function datasetPaths(appview: string): Promise<string[]> {
  const paths: string[] = []
  for (let cursor: string | undefined; ; ) {
    const page: Page = await askXrpc<Page>(appview, 'dataset.searchEntries', {
      sort: 'newest',
      limit: '100',
      ...(cursor && { cursor }),
    })
    paths.push(...page.entries.map(({ author, uri }) => entryPath(author, uri)))
    cursor = page.cursor
    if (!cursor) return paths
  }
}

/** One page after another, as one reader asks for them: a round warms up, then there are more of the first content, which says most. */
async function measurePages(site: string, paths: readonly string[], emit: Emit): Promise<void> {
  const rounds = numberOption('rounds', 10)
  const first = paths.filter(path => !path.startsWith('/d/did:'))
  const others = paths.filter(path => path.startsWith('/d/did:')).filter((_, place) => place % 10 === 0)
  const samples: number[] = []
  let bytes = 0
  for (let place = -1; place < rounds; place++)
    for (const path of place === 0 ? [...first, ...others] : first) {
      const asked = performance.now()
      const response = await fetch(site + path, { redirect: 'manual' })
      const text = await response.text()
      const took = performance.now() - asked
      if (response.status !== 200) throw new Error(`${path} answered ${response.status}`)
      if (place < 0) continue
      samples.push(took)
      bytes += text.length
    }
  emit({
    figure: 'dataset-page-p99-ms',
    value: round(percentile(samples, 0.99), 1),
    unit: 'ms',
    note: `p50 ${round(percentile(samples, 0.5), 1)} ms; ${first.length} datasets of the first content, ${rounds} times each, and ${others.length} of the ${paths.length - first.length} others once; ${round(bytes / samples.length / 1024, 0)} KiB a page`,
  })
}

/** Everything that a browser fetches as script for the page, and what stands in the page itself. */
async function measureScript(site: string, emit: Emit): Promise<void> {
  const executable = chromiumPath()
  if (!executable) return
  const browser = await startBrowser(executable)
  try {
    const page = await browser.newPage()
    const files: Promise<number>[] = []
    page.on('response', response => {
      if (response.request().resourceType() === 'script')
        files.push(response.body().then(body => body.byteLength))
    })
    await page.goto(`${site}/search?q=temperature`, { waitUntil: 'networkidle' })
    const results = await page.locator('main a[href^="/d/"]').count()
    if (results === 0) throw new Error('the page of results shows none')
    const inline = await page
      .locator('script:not([src]):not([type="application/ld+json"])')
      .evaluateAll(scripts => scripts.reduce((sum, { textContent }) => sum + (textContent?.length ?? 0), 0))
    const loaded = await Promise.all(files)
    const sum = loaded.reduce((sum, bytes) => sum + bytes, inline)
    emit({
      figure: 'results-script-kb',
      value: round(sum / 1000, 1),
      unit: 'kB',
      note: `${loaded.length} files, before compression, ${inline} bytes of them in the page; ${results} links to datasets shown`,
    })
  } finally {
    await browser.close()
  }
}
