import type { frost } from '@frost/lexicon'
import type { EntryView } from '../appview.ts'

/** Views of the discussion with the types of their records: every field that its lexicon does not require may be missing. */

type CommentRecord = frost.discussion.comment.Main
type IssueRecord = frost.discussion.issue.Main
export type CorrectionRecord = frost.discussion.correction.Main

type Said<Item> = Omit<frost.discussion.defs.CommentView, 'record'> & { readonly record: Item }

export type CommentView = Said<CommentRecord>
export type IssueView = Omit<frost.discussion.defs.IssueView, 'issue'> & { readonly issue: Said<IssueRecord> }
export type CorrectionView = Omit<frost.discussion.defs.CorrectionView, 'correction'> & {
  readonly correction: Said<CorrectionRecord>
}
export type Author = frost.actor.defs.ActorRef

export interface Thread {
  readonly comments: readonly CommentView[]
  /** The dataset that all of it belongs to. */
  readonly dataset?: string
  readonly locked?: boolean
  readonly mayComment?: string
  readonly notShown?: number
  readonly comment?: CommentView
  readonly issue?: IssueView
  readonly correction?: CorrectionView
  readonly cursor?: string
}

export type FeedItem = Omit<frost.feed.defs.FeedItem, 'entry' | 'record'> & {
  readonly entry?: EntryView
  readonly record?: Readonly<Record<string, unknown>>
}
export type Notification = Omit<frost.feed.defs.Notification, 'record'> & {
  readonly record?: Readonly<Record<string, unknown>>
}
export type Settings = frost.feed.defs.Settings
