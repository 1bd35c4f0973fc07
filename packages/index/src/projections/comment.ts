import { nsid } from '@frost/lexicon'
import { items, linkTo, news, projection, type Reason, telling, text } from '../projection.ts'
import { ownerOf, referenceKey } from '../reference-key.ts'

/** What has a thread of its own, apart from that of the dataset. */
const APART: ReadonlySet<string | undefined> = new Set([
  nsid('discussion.issue'),
  nsid('discussion.correction'),
])

/** A comment: in the thread of what it is about, unless that of an issue or correction, and of what it answers. */
export const comment = projection('discussion.comment', record => {
  const { sortAt, heardAt, value } = record
  const subject = text(value.subject)
  const root = referenceKey(value.root)
  const answers = [root, referenceKey(value.parent)]
  const isApart = APART.has(root?.split('/')[3])
  const threads = new Set([...(isApart ? [] : [subject]), ...answers].filter(key => key !== undefined))
  const mentioned = items(value.facets).flatMap(({ did }) => text(did) ?? [])
  return {
    links: [
      ...[...threads].flatMap(key => linkTo('comment', key, sortAt)),
      ...news('activity', [subject], heardAt),
      ...telling(record, [
        ...mentioned.map(did => ['mention', did] as const),
        ...[subject, ...answers].map(key => ['comment' as Reason, key && ownerOf(key)] as const),
      ]),
    ],
  }
})
