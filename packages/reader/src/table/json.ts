/** What JavaScript's parser tells revivers since ES2025: the text that a primitive value was written as. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

const exactly: Reviver = (_, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value

/** JSON whose whole numbers beyond 2^53 are bigints. @throws {SyntaxError} */
export function parseJson(text: string): unknown {
  return /\d{16}/.test(text)
    ? JSON.parse(text, exactly as (key: string, value: unknown) => unknown)
    : JSON.parse(text)
}

/** JSON text of what `parseJson` gives: bigints as numbers, digit by digit. */
export function jsonText(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`)
      .join(',')}}`
  return JSON.stringify(value ?? null)
}
