import type { AddressPolicy } from './addresses.ts'
import type { Lookup } from './connector.ts'

/** Milliseconds unless said otherwise. */
export interface Timeouts {
  /** Finding the address, connecting, TLS. */
  readonly connect: number
  /** From the request to the last of the response's headers. */
  readonly headers: number
  /** Between two pieces of a body. */
  readonly idle: number
  /** A body may lag behind `minRate` for so long. */
  readonly grace: number
  /** Bytes a second that a body must come with, on average. */
  readonly minRate: number
}

export interface RetrySettings {
  /** Of one read, the first included. */
  readonly attempts: number
  /** Before the second attempt, doubled for each further one; the actual wait is random below it. */
  readonly baseDelay: number
  /** The longest wait, also when the server asks for more by Retry-After. */
  readonly maxDelay: number
  /** No new attempt after so long. */
  readonly maxElapsed: number
}

export interface GuardSettings extends AddressPolicy {
  /** That may be connected to; absent: 80, 443 and all from 1024. */
  readonly ports?: readonly number[]
  readonly connectionsPerOrigin?: number
  readonly timeouts?: Partial<Timeouts>
  readonly retry?: Partial<RetrySettings>
  /** Of host names; the system's when absent. */
  readonly lookup?: Lookup
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connect: 8_000,
  headers: 20_000,
  idle: 10_000,
  grace: 10_000,
  minRate: 8_192,
}

export const DEFAULT_RETRY: RetrySettings = {
  attempts: 4,
  baseDelay: 150,
  maxDelay: 8_000,
  maxElapsed: 30_000,
}

export const MAX_REDIRECTS = 5
