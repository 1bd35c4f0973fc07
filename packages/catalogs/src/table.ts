/** A look-up table that holds what was put in and nothing else: `constructor` and its like are words of strangers' data. */
export function table<Value>(
  entries: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value | undefined>> {
  return Object.freeze(Object.assign(Object.create(null), entries))
}
