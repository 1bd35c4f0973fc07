/** `FROST_SEEDS=17,18` replays seeds; `npm run soak:updates` runs many. */
import { expect, it } from 'vitest'
import { killStory } from './kills/story.ts'

const seeds = (process.env.FROST_SEEDS ?? '1').split(',').map(Number)

it.each(seeds)(
  'whatever is killed, everybody hears every update in order, and each leads to one release: seed %i',
  { timeout: 240_000 },
  async seed => {
    const story: string[] = []
    try {
      const { updates, kills } = await killStory(seed, line => story.push(line))
      expect(updates).toBeGreaterThan(3)
      expect(kills).toBeGreaterThan(0)
    } catch (error) {
      throw new Error(`replay with FROST_SEEDS=${seed}: ${(error as Error).message}\n${story.join('\n')}`, {
        cause: error,
      })
    }
  },
)
