/** `npm run soak:updates -- --seeds=1-100`: many seeds of the kills; ends with 1 where one failed. */
import { killStory } from './kills/story.ts'

const given =
  process.argv.find(argument => argument.startsWith('--seeds='))?.slice('--seeds='.length) ?? '1-100'
const [first, last] = given.split('-').map(Number) as [number, number | undefined]
let failed = 0
for (let seed = first; seed <= (last ?? first); seed++) {
  const story: string[] = []
  try {
    const { updates, releases, kills, settledAfter } = await killStory(seed, line => story.push(line))
    console.log(
      `seed ${seed}: ${updates} updates, ${releases} releases, ${kills} kills, all heard ${settledAfter} ms after the last`,
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
