import { nsid } from '@frost/lexicon'
import type { Context, Hono } from 'hono'
import type { AppView, EntryView, VersionView } from './appview.ts'
import { entryPath } from './dataset-facts.ts'
import { PreviewBody } from './design/preview/body.tsx'
import { Gateway, Unreadable } from './gateway.ts'
import { refuseHidden } from './labels/cover.ts'
import { loadEntry, loadVersion } from './load.ts'
import { PreviewFrame, PreviewPage } from './pages/preview.tsx'
import { loadPreview } from './preview/load.ts'
import { type Pin, previewable, silentCopies } from './preview/readable-copy.ts'
import { readPreviewState } from './preview/state.ts'
import type { SiteEnv } from './session/viewer.ts'
import { visitorAddress } from './visitor-address.ts'

/** Seconds for which a browser may show a preview again without asking: as one moves a slider back. */
const FRESH_SECONDS = 60

/**
 * Previews come by requests of their own, so that no page waits for data: `part=body` for a script that puts it into the page,
 * `part=frame` for a frame, else a page of its own.
 */
export function previewRoutes(app: Hono<SiteEnv>, appview: AppView, gatewayUrl: string): void {
  const gateway = new Gateway(gatewayUrl)
  app.get('/d/:actor/:rkey/preview', async c => {
    const entry = await loadEntry(appview, entryUri(c))
    return answer(c, gateway, { entry, path: entryPath(entry.author, entry.uri) })
  })
  app.get('/d/:actor/:rkey/v/:version/preview', async c => {
    const { actor, version: key } = c.req.param() as Record<string, string>
    const { entry, version } = await loadVersion(
      appview,
      entryUri(c),
      `at://${actor}/${nsid('dataset.version')}/${key}`,
    )
    const path = `${entryPath(entry.author, entry.uri)}/v/${encodeURIComponent(key!)}`
    return answer(c, gateway, { entry, version, path })
  })
}

function entryUri(c: Context): string {
  const { actor, rkey } = c.req.param() as Record<string, string>
  return `at://${actor}/${nsid('dataset.entry')}/${rkey}`
}

interface Subject {
  readonly entry: EntryView
  readonly version?: VersionView
  readonly path: string
}

async function answer(c: Context<SiteEnv>, gateway: Gateway, { entry, version, path }: Subject) {
  refuseHidden({ ...entry, labels: [...(entry.labels ?? []), ...(version?.labels ?? [])] }, 'dataset')
  const { searchParams } = new URL(c.req.url)
  const loaded = await loadPreview(
    gateway,
    version ? previewableVersion(entry, version) : previewable(entry.record, new Map(), silentCopies(entry)),
    readPreviewState(searchParams),
    { signal: c.req.raw.signal, address: visitorAddress(c) },
  )
  const isShown = !(loaded.preview instanceof Unreadable)
  const part = searchParams.get('part')
  // A page of its own has the header, which says who is signed in.
  const whose = part === null && c.get('viewer') ? 'private' : 'public'
  c.header('Cache-Control', isShown ? `${whose}, max-age=${FRESH_SECONDS}` : 'no-store')
  const props = { path, ...loaded }
  if (part === 'body') return c.html(<PreviewBody {...props} />)
  if (part === 'frame') return c.html(<PreviewFrame {...props} />)
  return c.html(<PreviewPage title={version?.record.title ?? entry.record.title} {...props} />)
}

/** What can be previewed of a version: its own copies, or the entry's, in the state that it pins. */
export function previewableVersion(entry: EntryView, { record }: VersionView) {
  const pins = new Map<string, Pin>()
  const distributions = record.distributions ?? entry.record.distributions ?? []
  for (const { distribution, pin } of record.pins ?? []) {
    const id = distribution ?? (distributions.length === 1 ? distributions[0]!.id : undefined)
    if (pin && id !== undefined) pins.set(id, pin as Pin)
  }
  const found = previewable({ ...entry.record, distributions }, pins, silentCopies(entry))
  const fixed = found.copies.filter(({ source }) => source.pin !== undefined)
  if (fixed.length > 0 || found.copies.length === 0) return { copies: fixed, why: found.why }
  return {
    copies: [],
    why: 'No copy of the data keeps the state that this version pins, so that it could be read: see the dataset for what is there today.',
  }
}
