import type { Child, FC } from 'hono/jsx'
import { truncate } from '../text.ts'
import { type Fields, To, textOf } from './news-item.tsx'

/** Kinds of notices that are no state of a dataset. */
const NOUNS = new Set(['erratum', 'outage'])

/** What somebody did that reads the same wherever it is told; the words inside where it is none of these. */
export const Deed: FC<{
  kind: string
  record?: Fields
  /** Where it is shown, where the site has a page for it. */
  here: string | undefined
  /** The dataset that it is about. */
  Dataset: FC
  children?: Child
}> = ({ kind, record, here, Dataset, children }) => {
  switch (kind) {
    case 'version':
      return (
        <>
          released <To href={here}>version {truncate(textOf(record?.version), 60)}</To> of <Dataset />
        </>
      )
    case 'notice': {
      const what = truncate(textOf(record?.kind), 40)
      return NOUNS.has(what) ? (
        <>
          announced an {what} of <Dataset />
        </>
      ) : (
        <>
          announced that <Dataset /> is {what}
        </>
      )
    }
    case 'comment':
      return (
        <>
          <To href={here}>commented</To> on <Dataset />
        </>
      )
    case 'issue':
      return (
        <>
          opened <To href={here}>{truncate(textOf(record?.title), 120) || 'an issue'}</To> about <Dataset />
        </>
      )
    case 'correction':
      return (
        <>
          proposed <To href={here}>a correction</To> of <Dataset />
        </>
      )
    case 'endorsement':
      return (
        <>
          vouched for <Dataset />
        </>
      )
    default:
      return <>{children}</>
  }
}
