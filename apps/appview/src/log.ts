import { type Logger, pino } from 'pino'

export type { Logger }

/** One JSON line an event on standard output; never tokens or cookies. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: { service: 'appview' },
    redact: ['authorization', '*.authorization', 'headers.cookie'],
  })
}
