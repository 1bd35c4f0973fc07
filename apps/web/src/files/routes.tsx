import { nsid } from '@frost/lexicon'
import type { Hono } from 'hono'
import { type AppView, Refused } from '../appview.ts'
import { type Gateway, Unreadable } from '../gateway.ts'
import { loadEntry } from '../load.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { visitorAddress } from '../visitor-address.ts'
import { FilesPage } from './page.tsx'

/** The files of a dataset's copies. Only addresses that its record names are asked for, and what lies below them. */
export function filesRoutes(app: Hono<SiteEnv>, appview: AppView, gateway: Gateway): void {
  app.get('/d/:actor/:rkey/files', async c => {
    const { actor, rkey } = c.req.param()
    const { copy: id, path: folder = '', cursor } = c.req.query()
    const entry = await loadEntry(appview, `at://${actor}/${nsid('dataset.entry')}/${rkey}`)
    const copies = entry.record.distributions ?? []
    const copy = id === undefined ? copies[0] : copies.find(one => one.id === id)
    if (!copy) throw new Refused('CopyNotFound', 'The dataset has no such copy.')
    const props = { entry, copy, folder, isLater: cursor !== undefined }
    const asker = { signal: c.req.raw.signal, address: visitorAddress(c) }
    const { uri: url, endpoint, region } = copy
    try {
      const found = await gateway.list({ url, endpoint, region }, { path: folder, cursor }, asker)
      return c.html(<FilesPage {...props} found={found} />)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      return c.html(<FilesPage {...props} problem={`What lies there cannot be told: ${error.message}`} />)
    }
  })
}
