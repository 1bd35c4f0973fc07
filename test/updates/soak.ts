/** `npm run soak:updates -- --seeds=1-100`: many seeds of the kills. */
import { tellSeeds } from '../many-seeds.ts'
import { killStory } from './kills/story.ts'

await tellSeeds(async (seed, log) => {
  const { updates, releases, kills, settledAfter } = await killStory(seed, log)
  return `${updates} updates, ${releases} releases, ${kills} kills, all heard ${settledAfter} ms after the last`
})
