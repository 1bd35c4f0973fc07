import type { ReadOptions } from './objects.ts'

/**
 * Reads side by side. The first that fails ends the others, and none is under way any more when its error is thrown: what has
 * failed asks the store for nothing.
 */
export async function together<Options extends ReadOptions, Result>(
  options: Options,
  works: readonly ((options: Options) => Promise<Result>)[],
): Promise<Result[]> {
  const failure = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, failure.signal]) : failure.signal
  const running = works.map(work => work({ ...options, signal }))
  try {
    return await Promise.all(running)
  } catch (error) {
    failure.abort()
    await Promise.allSettled(running)
    throw error
  }
}
