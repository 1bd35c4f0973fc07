import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lzw } from './lzw.ts'
import { packBits } from './packbits.ts'

/** TIFF 6.0, section 13, from its pseudocode: strings in a table, codes from the most significant bit on. */
function compressed(input: Uint8Array): Uint8Array {
  const bits: number[] = []
  let width = 9
  let table = new Map<string, number>()
  let next = 258
  const write = (code: number) => {
    for (let bit = width - 1; bit >= 0; bit--) bits.push((code >> bit) & 1)
  }
  const codeOf = (text: string) => (text.length === 1 ? text.charCodeAt(0) : table.get(text)!)
  write(256)
  let omega = ''
  for (const byte of input) {
    const longer = omega + String.fromCharCode(byte)
    if (longer.length === 1 || table.has(longer)) {
      omega = longer
      continue
    }
    write(codeOf(omega))
    table.set(longer, next++)
    if (next === 511 || next === 1023 || next === 2047) width++
    if (next === 4094) {
      write(256)
      width = 9
      table = new Map()
      next = 258
    }
    omega = longer.slice(-1)
  }
  if (omega !== '') write(codeOf(omega))
  // The decoder adds a string for this code too.
  if (next === 510 || next === 1022 || next === 2046) width++
  write(257)
  return Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, at) =>
    Number.parseInt(
      bits
        .slice(at * 8, at * 8 + 8)
        .join('')
        .padEnd(8, '0'),
      2,
    ),
  )
}

describe('LZW of TIFF', () => {
  it('gives back what was compressed, of any bytes', () => {
    const runs = fc
      .array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 300 })), { maxLength: 40 })
      .map(list => Uint8Array.from(list.flatMap(([value, count]) => new Array<number>(count).fill(value))))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 9000 }), runs), input => {
        expect(Buffer.from(lzw(compressed(input), input.length)).equals(input)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('refuses a code that nothing defined, and gives no more than is expected of it', () => {
    expect(() => lzw(Uint8Array.of(0x80, 0x60, 0x40), 10)).toThrow('comes before it is defined')
    expect(lzw(compressed(new Uint8Array(5000)), 10)).toHaveLength(10)
    expect(lzw(new Uint8Array(0), 10)).toHaveLength(0)
  })

  it('answers any bytes by an error or by at most what is expected', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(2000), (input, expected) => {
        try {
          expect(lzw(input, expected).length).toBeLessThanOrEqual(expected)
        } catch (error) {
          expect((error as Error).message).toContain('LZW code')
        }
      }),
    )
  })
})

describe('PackBits', () => {
  it('unpacks runs and literals, as the specification has them', () => {
    const input = Buffer.from('fe aa 02 80 00 2a fd aa 03 80 00 2a 22 f7 aa'.replaceAll(' ', ''), 'hex')
    const output = 'aaaaaa80002aaaaaaaaa80002a22aaaaaaaaaaaaaaaaaaaa'
    expect(Buffer.from(packBits(input, 24)).toString('hex')).toBe(output)
    expect(packBits(input, 3)).toHaveLength(3)
  })
})
