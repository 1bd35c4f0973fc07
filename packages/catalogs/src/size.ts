import { table } from './table.ts'

const UNITS = table<bigint>({
  '': 1n,
  b: 1n,
  byte: 1n,
  bytes: 1n,
  kb: 10n ** 3n,
  mb: 10n ** 6n,
  gb: 10n ** 9n,
  tb: 10n ** 12n,
  pb: 10n ** 15n,
  kib: 2n ** 10n,
  mib: 2n ** 20n,
  gib: 2n ** 30n,
  tib: 2n ** 40n,
  pib: 2n ** 50n,
})

/** `4.698 MB`, `97.73 TiB` or `117743` as whole bytes in decimal digits; undefined for what is no size. */
export function bytesOf(size: unknown): string | undefined {
  const match = /^\s*(\d{1,18})(?:\.(\d{1,9}))?\s*([a-z]*)\s*$/i.exec(String(size ?? ''))
  const unit = match && UNITS[match[3]!.toLowerCase()]
  if (!unit) return undefined
  const fraction = match[2] ?? ''
  return String((BigInt(match[1]! + fraction) * unit) / 10n ** BigInt(fraction.length))
}
