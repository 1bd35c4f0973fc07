import { withoutEnd } from './text-end.ts'
/** Who may get at data, as `defs#access` says it, at a moment: an embargo that has ended is open. */
export interface AccessNow {
  /** `open`, `registered`, `restricted`, `embargoed`, `metadata-only`, `commercial`, or what else a record says. */
  readonly level: string
  readonly isOpen: boolean
  /** Of an embargo that goes on: when it ends, where the record says so. */
  readonly opensAt?: Date
  /** Of an embargo that has ended: when it did. */
  readonly openedAt?: Date
}

const OPEN: AccessNow = { level: 'open', isOpen: true }

/**
 * @param access of a record or of one of its distributions; absent means open
 * @param now of whoever looks
 */
export function accessNow(access: unknown, now: Date = new Date()): AccessNow {
  if (typeof access !== 'object' || access === null) return OPEN
  const { level, embargoUntil } = access as { level?: unknown; embargoUntil?: unknown }
  if (typeof level !== 'string' || level === '' || level === 'open') return OPEN
  if (level !== 'embargoed') return { level, isOpen: false }
  const end = typeof embargoUntil === 'string' ? beginningOf(embargoUntil) : undefined
  if (end === undefined) return { level, isOpen: false }
  return end <= now ? { ...OPEN, openedAt: end } : { level, isOpen: false, opensAt: end }
}

/** "Until 2027" ends when 2027 begins, "until 2027-03-01" when that day does; in UTC where the text names no zone. */
function beginningOf(text: string): Date | undefined {
  const plain = withoutEnd(text.trim(), '~?%')
  if (!/^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/.test(plain))
    return undefined
  const date = new Date(/T/.test(plain) && !/(Z|[+-]\d{2}:\d{2})$/.test(plain) ? `${plain}Z` : plain)
  return Number.isNaN(date.getTime()) ? undefined : date
}
