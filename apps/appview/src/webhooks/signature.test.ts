import { expect, it } from 'vitest'
import { signedHeaders } from './signature.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

it('signs as the published example of the reference libraries', () => {
  const headers = signedHeaders([SECRET], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')
  expect(headers).toMatchObject({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

it('signs with every secret that holds', () => {
  const { 'webhook-signature': both } = signedHeaders([SECRET, 'whsec_AAAA'], 'msg', 1, '{}')
  const { 'webhook-signature': first } = signedHeaders([SECRET], 'msg', 1, '{}')
  expect(both!.split(' ')).toHaveLength(2)
  expect(both!.split(' ')[0]).toBe(first)
})
