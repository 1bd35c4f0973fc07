/** At once: nobody waits for what is done so. */
const WIDTH = 8

/** Works on the items in their order, so many at once, eight unless said otherwise; the first failure is thrown. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  width = WIDTH,
): Promise<void> {
  const queue = items[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: Math.min(width, items.length) }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}
