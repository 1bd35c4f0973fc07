import { setTimeout as delay } from 'node:timers/promises'
import { IdentityError } from '../identity.ts'
import type { SourceSink } from '../source.ts'

export interface Patience {
  /** Milliseconds before the second attempt; doubles up to `maxWait`, with jitter. */
  readonly minWait: number
  readonly maxWait: number
  readonly sink: Pick<SourceSink, 'failed'>
  /** Ends the waiting. */
  readonly signal: AbortSignal
}

/** Does the work again and again while what it throws may pass; every failure is told to the sink. @throws what does not pass */
export async function patiently<T>(
  work: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
  { minWait, maxWait, sink, signal }: Patience,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!mayPass(error)) throw error
      const most = Math.min(maxWait, minWait * 2 ** Math.min(attempt, 20))
      const wait = Math.round(most * (0.5 + Math.random() / 2))
      sink.failed(error, wait)
      await delay(wait, undefined, { signal })
    }
  }
}

/** Whether it is the directory of keys that cannot be asked. */
export function isDirectoryAway(error: unknown): boolean {
  return error instanceof IdentityError && error.kind === 'unreachable'
}
