/** `FROST_SEEDS=17,18` replays seeds; `npm run soak:exit` runs many. */
import { expect, it } from 'vitest'
import { killStory } from './kill/story.ts'

const seeds = (process.env.FROST_SEEDS ?? '1,2').split(',').map(Number)

it.each(seeds)(
  'whenever a host dies, and whatever it says last, nothing is missing that anybody can prove: seed %i',
  { timeout: 180_000 },
  async seed => {
    const story: string[] = []
    try {
      const { writes, questions } = await killStory(seed, line => story.push(line))
      expect(writes).toBeGreaterThan(15)
      expect(questions).toBeGreaterThan(80)
    } catch (error) {
      throw new Error(`replay with FROST_SEEDS=${seed}: ${(error as Error).message}\n${story.join('\n')}`, {
        cause: error,
      })
    }
  },
)
