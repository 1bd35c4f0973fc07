/** Keys a statement: far below the variables that any engine takes. */
const MOST = 500

/** Many rows or keys, in parts that one statement takes. */
export function parts<Item>(items: readonly Item[], most = MOST): Item[][] {
  const all: Item[][] = []
  for (let start = 0; start < items.length; start += most) all.push(items.slice(start, start + most))
  return all
}

/** Asks for many keys in statements of bounded size; answers all rows. */
export async function inParts<Row>(
  keys: readonly string[],
  ask: (part: readonly string[]) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const part of parts(keys)) rows.push(...(await ask(part)))
  return rows
}
