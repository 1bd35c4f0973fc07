/** Bytes that were grouped by their place within an element return to their elements; a remainder stays as it is. */
export function unshuffle(source: Uint8Array, target: Uint8Array, itemSize: number): void {
  const count = Math.floor(source.length / itemSize)
  if (itemSize === 4) unshuffle4(source, target, count)
  else if (itemSize === 8) unshuffle8(source, target, count)
  else {
    for (let byte = 0; byte < itemSize; byte++) {
      const from = byte * count
      for (let i = 0, to = byte; i < count; i++, to += itemSize) target[to] = source[from + i]!
    }
  }
  target.set(source.subarray(count * itemSize), count * itemSize)
}

function unshuffle4(source: Uint8Array, target: Uint8Array, count: number): void {
  const two = 2 * count
  const three = 3 * count
  for (let i = 0, to = 0; i < count; i++, to += 4) {
    target[to] = source[i]!
    target[to + 1] = source[count + i]!
    target[to + 2] = source[two + i]!
    target[to + 3] = source[three + i]!
  }
}

function unshuffle8(source: Uint8Array, target: Uint8Array, count: number): void {
  for (let i = 0, to = 0; i < count; i++, to += 8) {
    target[to] = source[i]!
    target[to + 1] = source[count + i]!
    target[to + 2] = source[2 * count + i]!
    target[to + 3] = source[3 * count + i]!
    target[to + 4] = source[4 * count + i]!
    target[to + 5] = source[5 * count + i]!
    target[to + 6] = source[6 * count + i]!
    target[to + 7] = source[7 * count + i]!
  }
}

/**
 * Bits that were grouped by their place within an element return to their elements (the bitshuffle of Masui et al. 2015):
 * row `8·byte + bit` of the source holds that bit of each element, eight elements a byte.
 * Where the elements are no multiple of eight, Blosc does not shuffle at all.
 */
export function bitUnshuffle(source: Uint8Array, target: Uint8Array, itemSize: number): void {
  const count = Math.floor(source.length / itemSize)
  if (count % 8 !== 0) {
    target.set(source)
    return
  }
  const row = count / 8
  for (let byte = 0; byte < itemSize; byte++) {
    const base = byte * 8 * row
    for (let i = 0; i < row; i++) {
      // An 8 × 8 bit matrix in two words, transposed (Hacker's Delight, section 7-3).
      const at = base + i
      let low =
        source[at]! | (source[at + row]! << 8) | (source[at + 2 * row]! << 16) | (source[at + 3 * row]! << 24)
      let high =
        source[at + 4 * row]! |
        (source[at + 5 * row]! << 8) |
        (source[at + 6 * row]! << 16) |
        (source[at + 7 * row]! << 24)
      let swap = (low ^ (low >>> 7)) & 0x00aa00aa
      low ^= swap ^ (swap << 7)
      swap = (high ^ (high >>> 7)) & 0x00aa00aa
      high ^= swap ^ (swap << 7)
      swap = (low ^ (low >>> 14)) & 0x0000cccc
      low ^= swap ^ (swap << 14)
      swap = (high ^ (high >>> 14)) & 0x0000cccc
      high ^= swap ^ (swap << 14)
      const first = (low & 0x0f0f0f0f) | ((high & 0x0f0f0f0f) << 4)
      const second = ((low & 0xf0f0f0f0) >>> 4) | (high & 0xf0f0f0f0)
      let to = i * 8 * itemSize + byte
      for (let shift = 0; shift < 32; shift += 8, to += itemSize) target[to] = first >>> shift
      for (let shift = 0; shift < 32; shift += 8, to += itemSize) target[to] = second >>> shift
    }
  }
  target.set(source.subarray(count * itemSize), count * itemSize)
}
