import { accessNow } from '@frost/lexicon'

/** What pages say of who may get at data. */
export interface AccessWords {
  readonly isOpen: boolean
  /** In two or three words; absent where anybody may have it. */
  readonly badge?: string
  readonly sentence?: string
}

const WORDS: ReadonlyMap<string, readonly [badge: string, sentence: string]> = new Map(
  Object.entries<readonly [badge: string, sentence: string]>({
    registered: ['sign-up needed', 'Whoever signs up with its keeper may have the data.'],
    restricted: ['on request', 'The data is given on request.'],
    'metadata-only': ['description only', 'Only the description is public; the data is not given out.'],
    commercial: ['for payment', 'The data is given for money.'],
  }),
)

/** @param access of a record, or of a distribution where it differs */
export function accessWords(access: unknown, now = new Date()): AccessWords {
  const { level, isOpen, opensAt, openedAt } = accessNow(access, now)
  const day = (date: Date) => date.toISOString().slice(0, 10)
  if (openedAt) return { isOpen, sentence: `Open since ${day(openedAt)}, when its embargo ended.` }
  if (isOpen) return { isOpen }
  if (level === 'embargoed')
    return opensAt
      ? {
          isOpen,
          badge: `embargoed until ${day(opensAt)}`,
          sentence: `The data is closed until ${day(opensAt)}.`,
        }
      : {
          isOpen,
          badge: 'embargoed',
          sentence: 'The data is closed for now; the record does not say until when.',
        }
  const [badge, sentence] = WORDS.get(level) ?? [
    `access: ${level.slice(0, 40)}`,
    `The data is not open to everybody (${level.slice(0, 40)}).`,
  ]
  return { isOpen, badge, sentence }
}

/** The badge of data that is not open, to stand among others; none for data that is. */
export function accessBadges(access: unknown, href?: string) {
  const { badge } = accessWords(access)
  return badge ? [{ text: badge, kind: 'warm' as const, ...(href !== undefined && { href }) }] : []
}
