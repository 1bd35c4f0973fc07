import { expect, test } from 'vitest'
import { Unreadable } from '../../gateway.ts'
import { Refusal } from './refusal.tsx'

const state = { at: new Map([['time', 3]]), variable: 'sst' }

test('what is too much is told with its estimate, and the cheaper part is one click away', () => {
  const refusal = new Unreadable(
    'OverBudget',
    'this would take 3 requests and 90 MB, more than the 128 requests and 16 MB that it may: select time=#0:1',
    { cheaper: 'select time=#0:1' },
  )
  const html = String(<Refusal refusal={refusal} state={state} path="/d/a/b" />)
  expect(html).toContain('3 requests and 90 MB')
  expect(html).toContain('href="/d/a/b?var=sst&amp;select=time%3D%230%3A1#preview"')
  expect(html).not.toContain('Try again')
})

test('advice that is no selection is no link', () => {
  const refusal = new Unreadable('OverBudget', 'too much', { cheaper: 'select fewer columns, such as a, b' })
  expect(String(<Refusal refusal={refusal} state={state} path="/d/a/b" />)).not.toContain('Show fewer')
})

test('what passes can be tried again, and words of strangers stay words', () => {
  const refusal = new Unreadable('Unavailable', '<script>alert(1)</script> does not answer')
  const html = String(<Refusal refusal={refusal} state={state} path="/d/a/b" />)
  expect(html).toContain('Try again')
  expect(html).not.toContain('<script>')
})
