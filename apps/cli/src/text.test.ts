import { describe, expect, it } from 'vitest'
import { clean, shortened, table, width, wrapped } from './text.ts'

describe('text for a terminal', () => {
  it('obeys nothing that a record holds', () => {
    expect(clean('a\u001b[31mred\u0007\u202eb')).toBe('a[31mredb')
    expect(clean('two\nlines')).toBe('two\nlines')
  })

  it('aligns columns, also of wide characters', () => {
    expect(width('海面水温')).toBe(8)
    expect(
      table([
        ['海面', 'x'],
        ['a', 'y'],
      ]),
    ).toBe('海面  x\na     y')
  })

  it('shortens and wraps between words', () => {
    expect(shortened('one two  three', 9)).toBe('one two…')
    expect(wrapped('one two three', 8)).toEqual(['one two', 'three'])
  })
})
