/** What one attempt may take: milliseconds, and bytes of the answer. */
export const ATTEMPT = { total: 15_000, maxBytes: 16_384 } as const

/** After this long a delivery is given up. */
export const GIVEN_UP_MILLISECONDS = 3 * 86_400_000
const FIRST_MILLISECONDS = 5000
const GROWTH = 3
const LONGEST_MILLISECONDS = 6 * 3_600_000
const LONGEST_ASKED_MILLISECONDS = 86_400_000

/**
 * Milliseconds until the next attempt: 5 s, 15 s, 45 s … up to 6 h, each shifted by up to half of it at random, so that many
 * deliveries to a receiver that comes back do not arrive at once.
 * @param attempts how many have failed
 * @param asked what the receiver's `Retry-After` says, in milliseconds
 * @param options `first`: milliseconds of the first wait; `random`: a number in [0, 1)
 */
export function retryDelay(
  attempts: number,
  asked = 0,
  { first = FIRST_MILLISECONDS, random = Math.random }: { first?: number; random?: () => number } = {},
): number {
  const delay = Math.min(first * GROWTH ** (attempts - 1), LONGEST_MILLISECONDS)
  return Math.max(delay * (0.5 + random()), Math.min(asked, LONGEST_ASKED_MILLISECONDS))
}

/** `Retry-After` in milliseconds: seconds or an HTTP date; 0 where it says nothing. */
export function retryAfter(header: string | undefined, now: number): number {
  if (!header) return 0
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0
}
