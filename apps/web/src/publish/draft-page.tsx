import type { TypedLexMap } from '@atproto/lex'
import { type Entry, nsid } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { DatasetPage } from '../pages/dataset.tsx'
import type { Viewer } from '../session/viewer.ts'

/** A record as its dataset's page will show it. */
export function draftEntry({ did, handle }: Viewer, record: TypedLexMap, rkey: string): EntryView {
  return {
    uri: `at://${did}/${nsid('dataset.entry')}/${encodeURIComponent(rkey)}`,
    cid: '',
    author: { did, ...(handle && { handle }) },
    record: record as unknown as Entry,
    indexedAt: new Date().toISOString(),
  } as EntryView
}

/** The dataset's page before the AppView knows it: a preview, or what was just written. */
export const DraftPage: FC<{
  entry: EntryView
  publicUrl: string
  titles: ReadonlyMap<string, string>
  /** Path of its page, where it was written. */
  written?: string
}> = ({ entry, publicUrl, titles, written }) => {
  const known = new Map([...titles].map(([uri, title]) => [uri, titled(uri, title)]))
  return (
    <DatasetPage
      publicUrl={publicUrl}
      entry={entry}
      versions={[]}
      mirrors={[]}
      known={known}
      previewQuery=""
      draft={
        written ? (
          <>
            It is written to your repository. The index of this site has not read it yet:{' '}
            <a href={written}>its page</a> is there in a moment.
          </>
        ) : (
          'A preview: nothing is written. Close this tab to go on with the form.'
        )
      }
    />
  )
}

function titled(uri: string, title: string): EntryView {
  const [, , did = ''] = uri.split('/')
  return { uri, cid: '', author: { did }, record: { title }, indexedAt: '' } as unknown as EntryView
}
