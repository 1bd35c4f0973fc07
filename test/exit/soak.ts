/** `npm run soak:exit -- --seeds=1-100`: many seeds of a host's death; ends with 1 where one failed. */
import { killStory } from './kill/story.ts'

const given =
  process.argv.find(argument => argument.startsWith('--seeds='))?.slice('--seeds='.length) ?? '1-100'
const [first, last] = given.split('-').map(Number) as [number, number | undefined]
let failed = 0
for (let seed = first; seed <= (last ?? first); seed++) {
  const story: string[] = []
  try {
    const { writes, lastWords, questions, lost } = await killStory(seed, line => story.push(line))
    console.log(
      `seed ${seed}: ${writes} writes, last words ${lastWords}, ${questions} questions answered alike, ${lost} differences by the backup`,
    )
  } catch (error) {
    failed++
    console.log(
      `seed ${seed}: FAILED, replay with --seeds=${seed}: ${(error as Error).message}\n${story.join('\n')}`,
    )
  }
}
console.log(failed === 0 ? 'every seed held' : `${failed} seeds failed`)
process.exit(failed === 0 ? 0 : 1)
