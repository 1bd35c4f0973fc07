/** PackBits (TIFF 6.0, section 9). */
export function packBits(input: Uint8Array, expected: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(expected)
  let written = 0
  for (let at = 0; at < input.length && written < expected; ) {
    const header = (input[at++]! << 24) >> 24
    if (header === -128) continue
    const length = Math.min(header < 0 ? 1 - header : header + 1, expected - written)
    if (header < 0) output.fill(input[at++] ?? 0, written, written + length)
    else {
      output.set(input.subarray(at, at + length), written)
      at += header + 1
    }
    written += length
  }
  return written === expected ? output : output.slice(0, written)
}
