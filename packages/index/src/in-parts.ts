/** Keys a statement: far below the variables that any engine takes. */
const MOST = 500

/** Asks for many keys in statements of bounded size; answers all rows. */
export async function inParts<Row>(
  keys: readonly string[],
  ask: (part: readonly string[]) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (let start = 0; start < keys.length; start += MOST)
    rows.push(...(await ask(keys.slice(start, start + MOST))))
  return rows
}
