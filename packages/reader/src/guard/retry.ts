import { setTimeout as delay } from 'node:timers/promises'
import { ReaderError } from '../errors.ts'
import type { RetrySettings } from './settings.ts'
import { asTransient } from './transient.ts'

/**
 * Makes a read again while its failures may pass, with growing random waits.
 * @param name of what is read, for the message
 * @throws {ReaderError} `Unavailable` when attempts or time are spent; whatever the read throws that will not pass
 */
export async function retried<T>(
  name: string,
  settings: RetrySettings,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  const started = performance.now()
  for (let made = 1; ; made++) {
    try {
      return await attempt()
    } catch (error) {
      const transient = asTransient(error)
      if (!transient || signal?.aborted) throw error
      const wait = transient.retryAfter ?? Math.random() * settings.baseDelay * 2 ** (made - 1)
      const elapsed = performance.now() - started
      const asksTooMuch = wait > settings.maxDelay && transient.retryAfter !== undefined
      if (made >= settings.attempts || elapsed > settings.maxElapsed || asksTooMuch) {
        const later = asksTooMuch ? `; it asks to come back in ${Math.ceil(wait / 1000)} s` : ''
        const times = made > 1 ? `, ${made} times in ${(elapsed / 1000).toFixed(1)} s` : ''
        throw new ReaderError('Unavailable', `cannot read ${name}: ${transient.message}${times}${later}`, {
          attempts: made,
          retryAfter: transient.retryAfter,
        })
      }
      await delay(Math.min(wait, settings.maxDelay), undefined, { signal })
    }
  }
}
