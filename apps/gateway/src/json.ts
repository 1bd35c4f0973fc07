/** JSON text in which no whole number is rounded: a bigint beyond 2^53 is written as text, infinities and NaN too. */
export function exactJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'bigint') {
      const number = Number(item)
      return Number.isSafeInteger(number) ? number : String(item)
    }
    return typeof item === 'number' && !Number.isFinite(item) ? String(item) : item
  })
}
