import { describe, expect, it } from 'vitest'
import { faultsOf, playAll } from './play.ts'
import type { StoryState } from './story.ts'

const counts = (versions: number) => [
  { what: 'datasets', count: 16 },
  { what: 'versions', count: versions },
]
const WHOLE: StoryState = {
  stage: 'back',
  platforms: [],
  people: [{ name: 'NASA', did: 'did:plc:a', before: 'nasa.icehub.test', handle: 'nasa.icebucket.test' }],
  dataset: '/d/nasa/gistemp',
  releases: 2,
  heard: 2,
  isAlike: true,
  happenings: [],
  counts: [
    { when: 'before', counts: counts(3) },
    { when: 'NASA is back', counts: counts(3) },
  ],
}

describe('the story, played to its end', () => {
  it('has no faults where all is as it is told', () => expect(faultsOf(WHOLE)).toEqual([]))

  it.each<[string, Partial<StoryState>, RegExp]>([
    ['an act that failed', { problem: 'the mark did not come' }, /^the mark did not come$/],
    ['an end too early', { stage: 'gone' }, /while NASA was 'gone'/],
    ['AppViews that never agreed', { isAlike: false }, /same records/],
    [
      'a record that is lost',
      { counts: [WHOLE.counts[0]!, { when: 'NASA is back', counts: counts(2) }] },
      /^versions: 3 before, 2 when NASA is back$/,
    ],
    [
      'a figure that is missing',
      { counts: [WHOLE.counts[0]!, { when: 'IceHub is gone', counts: counts(3).slice(0, 1) }] },
      /^versions: 3 before, none when IceHub is gone$/,
    ],
    ['nothing to lose', { counts: [{ when: 'before', counts: counts(0) }] }, /^there are no versions$/],
    [
      'a mark that stays',
      { people: [{ ...WHOLE.people[0]!, archived: { since: '2026-01-01T00:00:00Z' } }] },
      /^NASA is still marked as archived$/,
    ],
    [
      'a handle that stays',
      { people: [{ ...WHOLE.people[0]!, handle: 'nasa.icehub.test' }] },
      /^NASA is still called @nasa.icehub.test$/,
    ],
    ['a subscriber who heard less', { heard: 1 }, /heard of 1 of GISTEMP’s releases, after 2/],
  ])('tells of %s', (_, change, fault) => {
    expect(faultsOf({ ...WHOLE, ...change })).toEqual([expect.stringMatching(fault)])
  })

  it('stops at the act that fails', async () => {
    const played: string[] = []
    const state: { -readonly [K in keyof StoryState]: StoryState[K] } = { ...WHOLE }
    const play = async (act: string) => {
      played.push(act)
      if (act === 'kill') state.problem = 'it lives'
    }
    expect(await playAll({ state, play })).toMatchObject({ problem: 'it lives' })
    expect(played).toEqual(['release', 'kill'])
  })
})
