import type { AvailabilityRow } from '@frost/index/availability'
import type { Seen } from './look.ts'

/** When places are looked at again. All times are milliseconds. */
export interface Pace {
  /** Between two looks at a place. */
  readonly interval: number
  /** Before a failure is looked at again; four times as long each further time, at most `interval`. */
  readonly retry: number
  /** Between two looks at one host. */
  readonly host: number
}

/** A place is called down from its second failure on: one may be the network's. */
const FAILURES_OF_DOWN = 2
const LONGEST_HOST_WAIT = 21_600_000
const LONGEST_ASKED = 86_400_000

/**
 * What is kept of a place after a look, by what was known before.
 * @param random in [0, 1): shifts the next look by up to a tenth, so that places drift apart
 */
export function afterLook(
  row: AvailabilityRow,
  seen: Seen,
  pace: Pace,
  now: number,
  random: number = Math.random(),
): Partial<AvailabilityRow> {
  const time = new Date(now).toISOString()
  const in_ = (wait: number) => new Date(now + wait * (0.9 + 0.2 * random)).toISOString()
  const known = (state: string, since = time) => ({
    state,
    since: row.state === state ? (row.since ?? since) : since,
    checked_at: time,
  })
  const sound = { failures: 0, failing_since: null }
  switch (seen.kind) {
    case 'up':
      return {
        ...known('up'),
        ...sound,
        latency: seen.latency,
        reason: null,
        urls: firstOf(row.urls, seen.url),
        next_at: in_(pace.interval),
      }
    case 'refused':
    case 'unchecked':
      return {
        ...known(seen.kind),
        ...sound,
        latency: null,
        reason: seen.reason,
        next_at: in_(pace.interval),
      }
    case 'later':
      return { next_at: new Date(now + Math.min(seen.wait, LONGEST_ASKED)).toISOString() }
    case 'missing':
    case 'failing': {
      const failures = row.failures + 1
      const failing_since = row.failing_since ?? time
      const isDown = failures >= FAILURES_OF_DOWN
      return {
        failures,
        failing_since,
        ...(isDown && { ...known('down', failing_since), latency: null, reason: seen.reason }),
        next_at: in_(Math.min(pace.interval, pace.retry * 4 ** (failures - 1))),
      }
    }
  }
}

/** When its host may be asked again, and how often it failed one after another. */
export function hostAfterLook(
  failures: number,
  seen: Seen,
  pace: Pace,
  asked: number,
  now: number,
): { readonly notBefore: string; readonly failures: number } {
  const at = (wait: number) => new Date(now + wait).toISOString()
  const usual = Math.max(pace.host, asked)
  if (seen.kind === 'later' && !seen.led)
    return { notBefore: at(Math.min(Math.max(seen.wait, usual), LONGEST_ASKED)), failures }
  if (seen.kind !== 'failing') return { notBefore: at(usual), failures: 0 }
  return {
    notBefore: at(Math.min(LONGEST_HOST_WAIT, usual * 2 ** Math.min(failures + 1, 20))),
    failures: failures + 1,
  }
}

function firstOf(urls: string, best: string): string {
  const all = JSON.parse(urls) as string[]
  return JSON.stringify([best, ...all.filter(url => url !== best)])
}
