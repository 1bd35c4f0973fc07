import { expect, it } from 'vitest'
import { definitionsIn, LabelerIdentities } from './definitions.ts'

it('reads what a labeler means, and nothing that cannot be', () => {
  const record = {
    policies: {
      labelValues: ['checked', 'NOT a label', 7, '!warn'],
      labelValueDefinitions: [
        {
          identifier: 'checked',
          severity: 'shouting',
          blurs: 'content',
          defaultSetting: 'hide',
          locales: [
            { lang: 'en', name: 'Checked' },
            { lang: '<b>', name: 'No language' },
            { lang: 'de' },
            null,
          ],
        },
        'nothing',
        { identifier: 'further', locales: 'none' },
      ],
    },
  }
  expect(definitionsIn(record)).toEqual([
    {
      val: 'checked',
      severity: 'inform',
      blurs: 'content',
      proposed: 'hide',
      names: [{ lang: 'en', name: 'Checked', description: '' }],
    },
    { val: '!warn', severity: 'inform', blurs: 'none', proposed: 'warn', names: [] },
    { val: 'further', severity: 'inform', blurs: 'none', proposed: 'warn', names: [] },
  ])
  for (const nothing of [undefined, null, 'text', {}, { policies: 7 }, { policies: { labelValues: {} } }])
    expect(definitionsIn(nothing)).toEqual([])
})

it('asks a labeler once, and does without one that does not answer', async () => {
  let asked = 0
  const errors: unknown[] = []
  const identities = new LabelerIdentities(
    {
      recordOf: async (did, collection) => {
        if (collection === 'app.bsky.labeler.service') asked += 1
        if (did.endsWith('away')) throw new Error('not there')
        return collection === 'app.bsky.actor.profile' ? { displayName: 'Reviewers', description: 7 } : {}
      },
      handleOf: async () => 'reviewers.example',
    },
    error => errors.push(error),
  )
  const who = { handle: 'reviewers.example', displayName: 'Reviewers', definitions: [] }
  expect(await identities.of('did:web:here')).toEqual(who)
  expect(await identities.of('did:web:here')).toEqual(who)
  expect(asked).toBe(1)
  expect(await identities.of('did:web:away')).toEqual({ definitions: [] })
  expect(errors).toHaveLength(1)
})
