import { expect, it } from 'vitest'
import { accessWords } from './access.ts'
import { valueName } from './search-state.ts'

it.each(['constructor', '__proto__', 'toString', 'whatever'])(
  'of %s, a level that nobody knows, pages say its name',
  level => {
    expect(accessWords({ level })).toMatchObject({ isOpen: false, badge: `access: ${level}` })
    expect(valueName('access', level)).toBeUndefined()
    expect(valueName(level, 'registered')).toBeUndefined()
  },
)

it('of a known level, pages say what it means', () => {
  expect(accessWords({ level: 'restricted' })).toMatchObject({ isOpen: false, badge: 'on request' })
  expect(valueName('access', 'Restricted')).toBe('on request')
})
