import { expect, it } from 'vitest'
import { versionRkey } from './keys.ts'
import { nsid } from './nsid.ts'

const dataset = `at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/${nsid('dataset.entry')}/sst`
const BASE32 = '234567abcdefghijklmnopqrstuvwxyz'
const microseconds = (tid: string) =>
  [...tid].reduce((sum, digit) => sum * 32n + BigInt(BASE32.indexOf(digit)), 0n) >> 10n

it('the key of a version says when it was released, as exactly as that is known', () => {
  const exact = versionRkey({ dataset, pin: 'a', releasedAt: '2024-05-06T07:08:09.123Z' })
  expect(microseconds(exact) / 1000n).toBe(BigInt(Date.parse('2024-05-06T07:08:09.123Z')))
  const day = versionRkey({ dataset, pin: 'a', releasedAt: '2024-05-06T00:00:00.000Z' })
  expect(microseconds(day) / 86_400_000_000n).toBe(BigInt(Date.parse('2024-05-06') / 86_400_000))
  expect(versionRkey({ dataset, pin: 'a', releasedAt: '2024-05-06T00:00:00Z' })).toBe(day)
  expect(() => versionRkey({ dataset, pin: 'a', releasedAt: 'yesterday' })).toThrow(
    "releasedAt is 'yesterday'",
  )
})

it('ten thousand releases of one day have keys of their own', () => {
  const releasedAt = '2024-05-06T00:00:00.000Z'
  const keys = Array.from({ length: 10_000 }, (_, n) =>
    versionRkey({ dataset: `${dataset}-${n}`, pin: '1', releasedAt }),
  )
  expect(new Set(keys).size).toBe(10_000)
})
