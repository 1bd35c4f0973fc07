import { frost } from '@frost/lexicon'
import type { Child } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import { type AppView, type EntryView, Refused } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'

/** A word where data at an address is described already: perhaps a mirror, or an issue, is what is wanted. */
export async function knownAt(appview: AppView, url: string): Promise<Child | undefined> {
  try {
    const { uri } = await appview.query(frost.dataset.resolveEntry, { id: url })
    const { entry } = (await appview.query(frost.dataset.getEntry, { uri })) as unknown as {
      entry: EntryView
    }
    const { author, record } = entry
    return (
      <>
        Data at this address is described already: <a href={entryPath(author, entry.uri)}>{record.title}</a>{' '}
        by {shownNameOf(author)}. Go on only if it is another dataset.
      </>
    )
  } catch (error) {
    if (error instanceof Refused) return undefined
    throw error
  }
}
