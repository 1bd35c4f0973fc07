import type { UsageRow } from '@frost/index/consumers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayOf, Meter } from './meter.ts'

describe('the meter', () => {
  it('law: what is written adds up to what was counted, whatever fails in between', async () => {
    const event = fc.oneof(
      fc.record({
        consumer: fc.constantFrom('a', 'did:plc:b', 'anonymous'),
        method: fc.constantFrom('get', 'list'),
        bytes: fc.nat(1000),
        now: fc.constantFrom(0, 86_399_999, 86_400_000),
      }),
      fc.constantFrom('flush' as const, 'fail' as const),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 30 }), async events => {
        const written: UsageRow[] = []
        let isBroken = false
        const addUsage = async (rows: readonly UsageRow[]) => {
          if (isBroken) throw new Error('the disk is full')
          written.push(...rows)
        }
        const errors: unknown[] = []
        const meter = new Meter({ addUsage }, error => errors.push(error))
        const counted = new Map<string, number>()
        for (const one of events) {
          if (typeof one === 'string') {
            isBroken = one === 'fail'
            await meter.flush()
            isBroken = false
            continue
          }
          meter.count(one.consumer, one.method, one.bytes, one.now)
          const key = `${one.consumer} ${dayOf(one.now)} ${one.method}`
          counted.set(key, (counted.get(key) ?? 0) + one.bytes + 1)
        }
        await meter.stop()
        const sums = new Map<string, number>()
        for (const { consumer, day, method, requests, bytes } of written) {
          const key = `${consumer} ${day} ${method}`
          sums.set(key, (sums.get(key) ?? 0) + requests + bytes)
        }
        expect(sums).toEqual(counted)
      }),
    )
  })

  it('counts who floods it with names as others', async () => {
    const written: UsageRow[] = []
    const meter = new Meter({ addUsage: async rows => void written.push(...rows) }, error => {
      throw error
    })
    for (let name = 0; name < 12_000; name++) meter.count(`did:plc:${name}`, 'get', 1)
    await meter.stop()
    expect(written).toHaveLength(10_001)
    expect(written.at(-1)).toMatchObject({ consumer: 'others', requests: 2000 })
  })
})
