import { expect, it } from 'vitest'
import { offerKinds } from './offer-facts.ts'

const now = new Date('2026-06-01T00:00:00Z')

it('knows of offers how one pays, and none that is over', () => {
  expect(offerKinds([], now)).toEqual([])
  expect(offerKinds([{ validThrough: '2025', prices: [{ amount: '1', currency: 'EUR' }] }], now)).toEqual([])
  expect(offerKinds([{ validThrough: '2026' }], now)).toEqual(['any'])
  expect(
    offerKinds(
      [
        { model: 'subscription', prices: [{ amount: '100.50', currency: 'EUR' }] },
        { model: 'barter', prices: [{ amount: '0', currency: 'EUR' }] },
      ],
      now,
    ),
  ).toEqual(['any', 'free', 'paid', 'subscription'])
})

it('takes nothing that a stranger writes for granted', () => {
  expect(offerKinds([{ prices: 'x', validThrough: 7, model: {} }], now)).toEqual(['any'])
  expect(offerKinds([{ prices: [{ amount: 'much' }, { amount: '-1' }, null] }], now)).toEqual(['any'])
})
