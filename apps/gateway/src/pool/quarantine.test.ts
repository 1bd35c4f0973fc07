import { ReaderError } from '@frost/reader'
import { expect, test } from 'vitest'
import { Quarantine } from './quarantine.ts'

test('what ended a worker is refused with the same words, longer each time, and not for ever', () => {
  let now = 0
  const quarantine = new Quarantine(() => now)
  const error = new ReaderError('Corrupt', 'it kills', { cause: 'crash' })
  const refusal = () => {
    try {
      quarantine.check('place')
    } catch (thrown) {
      return thrown as ReaderError
    }
  }
  quarantine.check('place')
  quarantine.mark('place', error)
  expect(refusal()).toMatchObject({
    code: 'Corrupt',
    message: 'it kills',
    details: { cause: 'crash', retryAfter: 30 },
  })
  quarantine.check('another place')
  now = 30_000
  expect(refusal()).toBeUndefined()
  quarantine.mark('place', error)
  expect(refusal()?.details.retryAfter).toBe(60)
  for (let times = 0; times < 20; times++) quarantine.mark('place', error)
  expect(refusal()?.details.retryAfter).toBe(3_600)
})
