/** Ids of snapshots, manifests and chunks: 12 bytes, written in Crockford's base 32 (specification, "Common Types"). */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export const SNAPSHOT_ID = /^[0-9A-HJKMNP-TV-Z]{20}$/

export function idText(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += DIGITS[(held >> bits) & 31]
    }
  }
  return bits > 0 ? text + DIGITS[(held << (5 - bits)) & 31] : text
}

/** A key for maps, of ids that are never shown. */
export function nodeKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
