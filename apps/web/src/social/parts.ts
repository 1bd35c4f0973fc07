import type { TypedLexMap } from '@atproto/lex'
import type { Subject } from '@frost/client/discussion'
import { nsid, rkeyOf } from '@frost/lexicon'
import type { Context } from 'hono'
import type { AppView, EntryView } from '../appview.ts'
import type { Writer, Writers } from '../publish/writer.ts'
import { SessionEnded, type SiteEnv } from '../session/viewer.ts'
import type { UnreadCounts } from './unread.ts'

/** What the pages of the social part stand on. */
export interface SocialParts {
  readonly appview: AppView
  /** Absent where nobody can sign in. */
  readonly writers: Writers | undefined
  readonly unread: UnreadCounts | undefined
  readonly publicUrl: string
}

export type C = Context<SiteEnv>

/** Whoever asks, with their repository. @throws SessionEnded where they are not signed in */
export async function writerOf(c: C, { writers }: SocialParts): Promise<Writer> {
  if (!writers) throw new SessionEnded('Sign in first.')
  return writers.of(c)
}

/** Waits until what was written is to be seen. */
export async function awaitRead({ writers }: SocialParts, writer: Writer): Promise<void> {
  const { rev } = writer.repository
  if (rev !== undefined) await writers?.isRead(writer, rev)
}

/** A dataset as something that is discussed. */
export const entrySubject = ({ uri, cid, record }: EntryView): Subject => ({
  uri,
  cid,
  collection: nsid('dataset.entry'),
  value: record as unknown as TypedLexMap,
})

/** A view of the discussion as something that is discussed. */
export const saidSubject = ({
  uri,
  cid,
  record,
}: Pick<EntryView, 'uri' | 'cid'> & { record: object }): Subject => ({
  uri,
  cid,
  collection: uri.split('/')[3] ?? '',
  value: record as TypedLexMap,
})

/** The texts of a form, by name; line ends as records have them. */
export type Texts = Readonly<Record<string, string>>

const LONGEST_TEXT = 100_000

export async function textsOf(c: C): Promise<Texts> {
  const body = await c.req.parseBody()
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === 'string' && /^[\w-]{1,40}$/.test(name)
        ? [[name, value.toWellFormed().replaceAll('\r\n', '\n').slice(0, LONGEST_TEXT).trim()]]
        : [],
    ),
  )
}

/** Where somebody signs in, and comes back to the page. */
export const signInAddress = (path: string): string => `/sign-in?return_to=${encodeURIComponent(path)}`

/** Whose repository an at-uri is of. */
export const ownerOf = (uri: string): string => uri.split('/')[2] ?? ''

/** The pages of an issue and of a correction, below that of their dataset. */
export const issuePath = ({ path }: { readonly path: string }, uri: string): string =>
  `${path}/issues/${ownerOf(uri)}/${encodeURIComponent(rkeyOf(uri))}`

export const correctionPath = ({ path }: { readonly path: string }, uri: string): string =>
  `${path}/corrections/${ownerOf(uri)}/${encodeURIComponent(rkeyOf(uri))}`
