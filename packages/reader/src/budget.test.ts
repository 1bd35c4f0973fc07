import { describe, expect, it } from 'vitest'
import { costInWords, Ledger, overBudget, withinBudget } from './budget.ts'
import { serve, TEST_GUARD } from './guard/testing.ts'
import { openObjects } from './location.ts'
import { meteredObjects } from './objects/metered.ts'

const budget = { requests: 8, bytes: 1_000_000 }

describe('estimates', () => {
  it('within the budget pass, others are refused with what would not be', () => {
    expect(() => withinBudget(budget, budget)).not.toThrow()
    const refusal = overBudget({ requests: 3, bytes: 90_000_000 }, budget, 'select columns')
    expect(refusal.message).toBe(
      'this would take 3 requests and 90 MB, more than the 8 requests and 1.0 MB that it may: select columns',
    )
    expect(refusal).toMatchObject({ code: 'OverBudget', details: { budget, cheaper: 'select columns' } })
    expect(() => withinBudget({ requests: 9, bytes: 1 }, budget)).toThrow(
      refusal.constructor as ErrorConstructor,
    )
  })

  it('are said in words', () => {
    expect(costInWords({ requests: 1, bytes: 999 })).toBe('1 request and 999 bytes')
    expect(costInWords({ requests: 2, bytes: 1_234_567_890 })).toBe('2 requests and 1.2 GB')
  })
})

describe('a ledger', () => {
  it('stops at its budget', () => {
    const ledger = new Ledger({ requests: 2, bytes: 100 })
    ledger.request()
    ledger.received(100)
    ledger.request()
    expect(() => ledger.request()).toThrow(expect.objectContaining({ code: 'OverBudget' }))
    expect(() => ledger.received(1)).toThrow(expect.objectContaining({ code: 'OverBudget' }))
    expect(ledger.left).toEqual({ requests: 0, bytes: 0 })
  })

  it('has room for what is under way and no more', () => {
    const ledger = new Ledger({ requests: 10, bytes: 100 })
    const first = ledger.reserve(60)
    expect(() => ledger.reserve(60)).toThrow(expect.objectContaining({ code: 'OverBudget' }))
    first.received(30)
    const second = ledger.reserve(40)
    first.release()
    second.release()
    expect(ledger.spent.bytes).toBe(30)
    ledger.reserve(70).release()
    ledger.reserve(70)
    expect(() => ledger.reserve(1)).toThrow('passes the budget')
  })

  it('counts what travels: redirects, repeated requests, whole bodies of servers without ranges', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(302, { location: '/b' }).end()
      else if (server.requests === 2) response.writeHead(503).end()
      else response.end('x'.repeat(500))
    })
    const ledger = new Ledger()
    const objects = meteredObjects(openObjects(server.url, { guard: TEST_GUARD }), ledger)
    expect((await objects.getRange('a', 0, 10))!.bytes).toHaveLength(10)
    expect(ledger.spent).toEqual({ requests: 4, bytes: 500 })
    await server.stop()
  })

  it('ends a body that passes its budget, and the request with it', async () => {
    const server = await serve((_, response) => {
      const pour = () => {
        if (response.write(Buffer.alloc(10_000))) setImmediate(pour)
        else response.once('drain', pour)
      }
      pour()
    })
    const ledger = new Ledger({ requests: 5, bytes: 50_000 })
    const objects = meteredObjects(openObjects(server.url, { guard: TEST_GUARD }), ledger)
    await expect(objects.get('endless')).rejects.toMatchObject({ code: 'OverBudget' })
    await server.closed(0)
    expect(ledger.spent.bytes).toBeLessThan(200_000)
    expect(ledger.spent.requests).toBe(1)
    await server.stop()
  })
})
