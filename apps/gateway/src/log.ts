import { type Logger, pino } from 'pino'

export type { Logger }

/** One JSON line an event on standard output; never the query of a location, which may carry a signature. */
export function createLogger(level: string): Logger {
  return pino({ level, base: { service: 'gateway' } })
}
