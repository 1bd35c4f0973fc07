/** `npm run soak:exit -- --seeds=1-100`: many seeds of a host's death. */
import { tellSeeds } from '../many-seeds.ts'
import { killStory } from './kill/story.ts'

await tellSeeds(async (seed, log) => {
  const { writes, lastWords, questions, lost } = await killStory(seed, log)
  return `${writes} writes, last words ${lastWords}, ${questions} questions answered alike, ${lost} differences by the backup`
})
