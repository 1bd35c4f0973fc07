import { frost } from '@frost/lexicon'
import { type C, type SocialParts, writerOf } from './parts.ts'

/** Accounts that whoever looks has muted; none where nobody is signed in. */
export async function mutedBy(c: C, parts: SocialParts): Promise<ReadonlySet<string>> {
  if (!c.get('viewer')) return new Set()
  try {
    const { acting } = await writerOf(c, parts)
    const { body } = await parts.appview.callAs(acting.agent, frost.graph.listMutes, {
      params: { limit: 100 },
    })
    return new Set(body.mutes.map(({ actor }) => actor.did))
  } catch {
    // The page can be read without.
    return new Set()
  }
}
