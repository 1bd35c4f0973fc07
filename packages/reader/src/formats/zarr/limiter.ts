/** Runs tasks, at most so many at once, in the order they came. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>

export function limiterOf(most: number): Limiter {
  let running = 0
  const waiting: (() => void)[] = []
  return async task => {
    if (running >= most) await new Promise<void>(resolve => waiting.push(resolve))
    else running++
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
