/** TIDs: 64 bits of microseconds and clock id in 13 sortable characters. https://atproto.com/specs/tid */
const alphabet = '234567abcdefghijklmnopqrstuvwxyz'
const pattern = /^[234567abcdefghij][234567a-z]{12}$/

export function isTid(text: string): boolean {
  return text.length === 13 && pattern.test(text)
}

/** Microseconds since 1970 of a valid TID. */
export function tidMicroseconds(tid: string): number {
  let value = 0
  for (let i = 0; i < 11; i++) value = value * 32 + alphabet.indexOf(tid[i]!)
  return value
}

/** The TID of a time in microseconds with clock id 0–1023. */
export function formatTid(microseconds: number, clockId = 0): string {
  let text = ''
  let value = microseconds
  for (let i = 0; i < 11; i++) {
    text = alphabet[value % 32]! + text
    value = Math.floor(value / 32)
  }
  return text + alphabet[clockId >> 5]! + alphabet[clockId & 31]!
}
