/** The story from its beginning to its end, without waiting for anybody, and whether it went as it is told. */
import type { Story, StoryState } from './story.ts'

const ACTS = ['release', 'kill', 'recover', 'release'] as const

/** Plays every act; stops at one that fails, which the state tells. */
export async function playAll(story: Pick<Story, 'play' | 'state'>): Promise<StoryState> {
  for (const act of ACTS) {
    await story.play(act)
    if (story.state.problem) break
  }
  return story.state
}

/** What is not as the story says once it was played to its end; nothing where all is. */
export function faultsOf(state: StoryState): string[] {
  if (state.problem !== undefined) return [state.problem]
  const { stage, counts, people, releases, heard, isAlike } = state
  const faults: string[] = []
  if (stage !== 'back') faults.push(`the story ended while NASA was '${stage}'`)
  if (!isAlike) faults.push('the two AppViews did not hold the same records before')
  const [first, ...later] = counts
  for (const { when, counts: then } of later)
    for (const { what, count } of first!.counts) {
      const found = then.find(one => one.what === what)?.count
      if (found !== count) faults.push(`${what}: ${count} ${first!.when}, ${found ?? 'none'} when ${when}`)
    }
  for (const { what, count } of first?.counts ?? []) if (count === 0) faults.push(`there are no ${what}`)
  for (const { name, before, handle, archived } of people) {
    if (archived) faults.push(`${name} is still marked as archived`)
    if (handle === before) faults.push(`${name} is still called @${handle}`)
  }
  if (heard < releases)
    faults.push(`a subscriber has heard of ${heard} of GISTEMP’s releases, after ${releases} of ERSST`)
  return faults
}
