/** Undoes what was done to rows before they were compressed (TIFF 6.0, section 14; TIFF Technical Note 3), in place. */

/** Each sample was stored as its difference to the one `stride` samples before. Samples are in the machine's order. */
export function undoDifferences(
  bytes: Uint8Array<ArrayBuffer>,
  sampleBytes: number,
  rowSamples: number,
  stride: number,
): void {
  const samples = unsigned(bytes, sampleBytes)
  if (samples instanceof BigUint64Array) {
    for (let row = 0; row + rowSamples <= samples.length; row += rowSamples)
      for (let at = row + stride; at < row + rowSamples; at++) samples[at]! += samples[at - stride]!
    return
  }
  for (let row = 0; row + rowSamples <= samples.length; row += rowSamples)
    for (let at = row + stride; at < row + rowSamples; at++) samples[at]! += samples[at - stride]!
}

/** Bytes of floats were stored by significance, most first, then as differences; they come out in little-endian order. */
export function undoFloatDifferences(
  bytes: Uint8Array<ArrayBuffer>,
  sampleBytes: number,
  rowSamples: number,
  stride: number,
): void {
  const rowBytes = rowSamples * sampleBytes
  for (let start = 0; start + rowBytes <= bytes.length; start += rowBytes) {
    const row = bytes.subarray(start, start + rowBytes)
    for (let at = stride; at < rowBytes; at++) row[at]! += row[at - stride]!
    const planes = row.slice()
    for (let sample = 0; sample < rowSamples; sample++)
      for (let byte = 0; byte < sampleBytes; byte++)
        row[sample * sampleBytes + byte] = planes[(sampleBytes - byte - 1) * rowSamples + sample]!
  }
}

function unsigned({ buffer }: Uint8Array<ArrayBuffer>, bytes: number) {
  const whole = buffer.byteLength - (buffer.byteLength % bytes)
  switch (bytes) {
    case 2:
      return new Uint16Array(buffer, 0, whole / 2)
    case 4:
      return new Uint32Array(buffer, 0, whole / 4)
    case 8:
      return new BigUint64Array(buffer, 0, whole / 8)
    default:
      return new Uint8Array(buffer)
  }
}
