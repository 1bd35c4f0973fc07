const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const latin1 = new TextDecoder('latin1')

/** Text of a file that does not say its encoding: UTF-8, or ISO 8859-1 where it is not; trailing NULs are padding. */
export function textOf(bytes: Uint8Array): string {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  const text = bytes.subarray(0, end)
  try {
    return utf8.decode(text)
  } catch {
    return latin1.decode(text)
  }
}
