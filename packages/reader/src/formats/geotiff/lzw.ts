const [CLEAR, END] = [256, 257]

/** TIFF's LZW (TIFF 6.0, section 13): codes of 9 to 12 bits, most significant first, each change one code early. */
export function lzw(input: Uint8Array, expected: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(expected)
  /** Of each code: where its string last stood in the output, and its length. */
  const starts = new Uint32Array(4097)
  const lengths = new Uint32Array(4097)
  let [written, width, next, bits, held, at] = [0, 9, 258, 0, 0, 0]
  let previous = -1
  while (written < expected) {
    while (bits < width && at < input.length) {
      held = ((held << 8) | input[at++]!) & 0xffffff
      bits += 8
    }
    if (bits < width) break
    const code = (held >> (bits - width)) & ((1 << width) - 1)
    bits -= width
    if (code === END) break
    if (code === CLEAR) {
      ;[width, next, previous] = [9, 258, -1]
      continue
    }
    const start = written
    if (code < 256) output[written++] = code
    else {
      if (previous < 0 || code > next) throw new Error(`LZW code ${code} comes before it is defined`)
      const from = code === next ? starts[4096]! : starts[code]!
      const length = code === next ? lengths[4096]! + 1 : lengths[code]!
      for (let byte = 0; byte < length && written < expected; byte++) output[written++] = output[from + byte]!
    }
    if (previous >= 0 && next < 4096) {
      // The new string is the previous one and the first byte of this one, which stands right behind it.
      starts[next] = starts[4096]!
      lengths[next] = lengths[4096]! + 1
      next++
      if (next + 1 >= 1 << width && width < 12) width++
    }
    starts[4096] = start
    lengths[4096] = written - start
    previous = code
  }
  return written === expected ? output : output.slice(0, written)
}
