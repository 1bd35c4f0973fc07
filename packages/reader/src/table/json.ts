/** What JavaScript's parser tells revivers since ES2025: the text that a primitive value was written as. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

const exactly: Reviver = (_, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value

/** Lists and objects in each other, at most: what walks values calls itself for each. */
const MAX_NESTING = 512

/** JSON whose whole numbers beyond 2^53 are bigints. @throws {SyntaxError} also where it nests deeper than 512 */
export function parseJson(text: string): unknown {
  if (text.length > 2 * MAX_NESTING && nestingOf(text) > MAX_NESTING)
    throw new SyntaxError(`lists and objects nest deeper than ${MAX_NESTING}`)
  return /\d{16}/.test(text)
    ? JSON.parse(text, exactly as (key: string, value: unknown) => unknown)
    : JSON.parse(text)
}

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_BRACE, CLOSE_BRACE] = [...'"\\[]{}'].map(char =>
  char.charCodeAt(0),
)

function nestingOf(text: string): number {
  let [depth, deepest, inText] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inText) {
      if (code === BACKSLASH) at++
      else if (code === QUOTE) inText = false
    } else if (code === QUOTE) inText = true
    else if (code === OPEN || code === OPEN_BRACE) deepest = Math.max(deepest, ++depth)
    else if (code === CLOSE || code === CLOSE_BRACE) depth--
  }
  return deepest
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
