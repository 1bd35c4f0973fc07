import type { LexMap } from '@atproto/lex'
import { normaliseDoi } from '@frost/lexicon'
import { UsageError } from './errors.ts'

/** What fixes one state of data. */
export interface Pin {
  readonly scheme: string
  readonly value: string
  readonly branch?: string
  readonly committedAt?: string
}

/** A pin with the distribution whose state it fixes. */
export interface PinnedDistribution {
  readonly distribution?: string
  readonly pin: Pin
  /** Data is complete up to here, where it is known. */
  readonly upTo?: string
}

const WEAK: ReadonlySet<string> = new Set(['etag', 'as-of'])

/**
 * Reads `scheme:value`, in the spelling that the lexicon wants: `digest:sha256:…`, `git-commit:…`, `doi:…`, `as-of:…`, or any other
 * scheme.
 * @throws UsageError that names the text, and what is wrong with it
 */
export function pinFrom(text: string): Pin {
  const colon = text.indexOf(':')
  const [scheme, value] = [text.slice(0, colon), text.slice(colon + 1)]
  if (colon <= 0 || value === '')
    throw new UsageError(
      `--pin is '${text}': write it as scheme:value, such as git-commit:4f2a9c1 or digest:sha256:…`,
    )
  return { scheme, value: SPELLINGS[scheme]?.(value, text) ?? value }
}

/** Digits in hexadecimal of each digest. */
const DIGEST_DIGITS: Readonly<Record<string, number>> = {
  sha256: 64,
  sha512: 128,
  sha1: 40,
  md5: 32,
  blake3: 64,
}

const SPELLINGS: Readonly<Record<string, (value: string, text: string) => string>> = {
  digest(value, text) {
    const [, name = '', hex = ''] = /^([a-z0-9-]+):([0-9a-f]+)$/i.exec(value) ?? []
    const algorithm = name.toLowerCase().replace(/^sha-/, 'sha')
    const digits = DIGEST_DIGITS[algorithm]
    if (hex === '' || (digits !== undefined && hex.length !== digits))
      throw new UsageError(
        `--pin is '${text}': write a digest as digest:sha256: and ${digits ?? 64} digits in hexadecimal`,
      )
    return `${algorithm}:${hex.toLowerCase()}`
  },
  'git-commit'(value, text) {
    if (/^[0-9a-f]{7,64}$/i.test(value)) return value.toLowerCase()
    throw new UsageError(`--pin is '${text}': a commit is 7 to 64 digits in hexadecimal, best all of them`)
  },
  doi(value, text) {
    const doi = normaliseDoi(value)
    if (doi) return doi
    throw new UsageError(`--pin is '${text}': a DOI reads 10.1234/suffix`)
  },
  'as-of'(value, text) {
    if (/^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?)?)?$/.test(value))
      return value
    throw new UsageError(`--pin is '${text}': write the time as 2024-05-06 or 2024-05-06T07:08:09Z`)
  },
}

/** What a reader of a version should know of what it pins; undefined where all is well. */
export function pinWarning(pins: readonly PinnedDistribution[]): string | undefined {
  if (pins.length === 0)
    return 'this version pins nothing, so nobody can check what it was: give --from-branch, --snapshot or --pin'
  if (pins.every(({ pin }) => WEAK.has(pin.scheme)))
    return `${pins.map(({ pin }) => pin.scheme).join(' and ')} say what was meant, but cannot prove it: a snapshot or a digest can`
  return undefined
}

/** Pins in one line, as they are compared and shown; branch and time of the commit make no other state. */
export function pinText(pins: unknown): string {
  if (!Array.isArray(pins)) return ''
  return (pins as { pin?: Partial<Pin> }[])
    .map(({ pin }) => `${pin?.scheme}:${pin?.value}`)
    .sort()
    .join(' ')
}

/** Pins as records hold them. */
export function pinRecords(pins: readonly PinnedDistribution[]): LexMap[] {
  return pins.map(({ distribution, pin, upTo }) => ({
    ...(distribution !== undefined && { distribution }),
    pin: { ...pin },
    ...(upTo && { upTo }),
  }))
}
