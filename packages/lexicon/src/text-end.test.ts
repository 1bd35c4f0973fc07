import fc from 'fast-check'
import { expect, it } from 'vitest'
import { withoutEnd } from './text-end.ts'

it('takes off what the regular expression would, in a time that grows with the length', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '/', '.', ' ') })
  fc.assert(
    fc.property(text, said => {
      expect(withoutEnd(said, './')).toBe(said.replace(/[./]+$/, ''))
    }),
  )
  const long = `${'/'.repeat(2_000_000)}a`
  expect(withoutEnd(long, '/')).toBe(long)
  expect(withoutEnd('///', '/')).toBe('')
})
