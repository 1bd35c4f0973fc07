import { describe, expect, it } from 'vitest'
import { type Definition, type Labeler, languagesIn, type Reading, verdictOn } from './reading.ts'

const SRC = 'did:web:labeler.example'
const definition = (more: Partial<Definition> = {}): Definition => ({
  val: 'unreviewed',
  severity: 'inform',
  blurs: 'content',
  proposed: 'warn',
  names: [
    { lang: 'en', name: 'Not reviewed', description: 'Nobody has reviewed it.' },
    { lang: 'de-AT', name: 'Ungeprüft', description: 'Niemand hat es geprüft.' },
  ],
  ...more,
})
const reading = (labeler: Partial<Labeler> = {}, more: Partial<Reading> = {}): Reading => ({
  labelers: new Map([[SRC, { did: SRC, isUsual: true, definitions: [definition()], ...labeler } as Labeler]]),
  choices: new Map(),
  languages: [],
  isSignedIn: false,
  ...more,
})
const said = (val: string, src = SRC) => [{ src, uri: 'did:plc:x', val }]

describe('labels', () => {
  it('say what their labeler says, in the language of the reader', () => {
    const { warn } = verdictOn(
      said('unreviewed'),
      reading({ displayName: 'Reviewers' }, { languages: ['de'] }),
    )
    expect(warn).toMatchObject([{ name: 'Ungeprüft', by: 'Reviewers', isBinding: false }])
    expect(verdictOn(said('unreviewed'), reading({}, { languages: ['fr', 'it'] })).warn[0]?.name).toBe(
      'Not reviewed',
    )
  })

  it('do what their labeler proposes, unless the reader decided', () => {
    const proposing = (proposed: string, blurs = 'content') =>
      verdictOn(said('unreviewed'), reading({ definitions: [definition({ proposed, blurs })] }))
    expect(proposing('hide').hide).toHaveLength(1)
    expect(proposing('warn').warn).toHaveLength(1)
    expect(proposing('warn', 'none').inform).toHaveLength(1)
    expect(proposing('ignore')).toEqual({ hide: [], warn: [], inform: [] })
    for (const way of ['hide', 'warn', 'inform'] as const) {
      const choices = new Map([[SRC, new Map([['unreviewed', way]])]])
      expect(verdictOn(said('unreviewed'), reading({}, { choices }))[way]).toHaveLength(1)
    }
  })

  it('without a meaning are told by their name; of those whom nobody hears nothing is told', () => {
    const { inform } = verdictOn(said('peer-reviewed'), reading())
    expect(inform).toMatchObject([{ name: 'peer reviewed', by: SRC }])
    expect(verdictOn(said('peer-reviewed', 'did:web:other.example'), reading()).inform).toEqual([])
    expect(verdictOn([...said('a'), ...said('a')], reading()).inform).toHaveLength(1)
  })

  it('that hold everywhere cannot be decided otherwise', () => {
    const choices = new Map([[SRC, new Map([['!hide', 'ignore']])]])
    expect(verdictOn(said('!hide'), reading({}, { choices })).hide).toMatchObject([{ isBinding: true }])
    expect(verdictOn(said('!no-unauthenticated'), reading()).hide).toHaveLength(1)
    expect(verdictOn(said('!no-unauthenticated'), reading({}, { isSignedIn: true })).hide).toEqual([])
  })
})

it('languages are those that the browser names, best first', () => {
  expect(languagesIn('de-AT,de;q=0.9, en;q=0.5,*;q=0.1')).toEqual(['de-AT', 'de', 'en'])
  expect(languagesIn('en;q=0.2, fr')).toEqual(['fr', 'en'])
  expect(languagesIn(undefined)).toEqual([])
  expect(languagesIn('<script>;q=1,,;;')).toEqual([])
})
