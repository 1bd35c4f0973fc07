import type { ExportSource } from '@frost/catalogs/export/index'
import type { Context } from './context.ts'
import { pageOf } from './page.ts'

const PAGE = 100

interface Listed {
  readonly uri: string
  readonly cid: string
  readonly author: { readonly did: string; readonly handle?: string }
  readonly record: unknown
  readonly latestVersion?: { readonly version: string; readonly releasedAt?: string }
}

/** All datasets that the AppView knows, or those of one account, newest first, a page at a time. */
export async function* allDatasets(
  { settings }: Context,
  actor: string | undefined,
): AsyncGenerator<ExportSource> {
  const { lexToJson } = await import('@atproto/lex')
  const { frost, rkeyOf } = await import('@frost/lexicon')
  const { AppView } = await import('@frost/client/appview')
  const appview = new AppView(settings.appviewUrl)
  let cursor: string | undefined
  do {
    const more = { limit: PAGE, ...(cursor !== undefined && { cursor }) }
    const answer =
      actor === undefined
        ? await appview.searchEntries({ sort: 'newest', ...more })
        : await appview.call(frost.dataset.listEntries.main, { actor: actor as never, ...more })
    for (const { uri, cid, author, record, latestVersion } of answer.entries as unknown as Listed[]) {
      const handle = author.handle === 'handle.invalid' ? undefined : author.handle
      yield {
        entry: lexToJson(record as never) as unknown as ExportSource['entry'],
        uri,
        cid,
        page: pageOf(settings.siteUrl, { did: author.did, handle }, rkeyOf(uri)),
        account: handle ?? author.did,
        ...(latestVersion && { version: latestVersion }),
      }
    }
    cursor = answer.cursor
  } while (cursor !== undefined)
}
