import { randomBytes } from 'node:crypto'
import type { RunningPds } from './pds.ts'
import { adminAuthorization, call, XrpcError } from './xrpc-client.ts'

export interface NewAccount {
  /** `alice` or `alice.icehub.test`; reserved names such as `nasa` are given too. */
  readonly handle: string
  /** Made up where absent. */
  readonly password?: string
  readonly email?: string
}

export interface Account {
  readonly did: string
  readonly handle: string
  readonly password: string
  readonly email: string
  /** URL of its PDS. */
  readonly service: string
  readonly accessJwt: string
  readonly refreshJwt: string
}

/** The shortest and longest first label of a handle that a PDS gives. */
export const MIN_LABEL = 3
export const MAX_LABEL = 18

/**
 * Creates an account on a PDS of the box. A PDS gives reserved names (`nasa`, `data`, `test`, …) to nobody who asks; its
 * administrator does, which is what happens to an institution that owns the name.
 */
export async function createAccount(pds: RunningPds, domain: string, wanted: NewAccount): Promise<Account> {
  const suffix = `.${domain}`
  const handle = wanted.handle.toLowerCase().endsWith(suffix)
    ? wanted.handle.toLowerCase()
    : `${wanted.handle}${suffix}`
  const label = handle.slice(0, -suffix.length)
  if (
    !/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(label) ||
    label.length < MIN_LABEL ||
    label.length > MAX_LABEL
  ) {
    throw new Error(
      `handle ${handle}: the part before ${suffix} must have ${MIN_LABEL}–${MAX_LABEL} characters, ` +
        'lower-case letters, digits and inner hyphens (publisherHandle shortens names)',
    )
  }
  const password = wanted.password ?? randomBytes(12).toString('base64url')
  const email = wanted.email ?? `${label}.${domain.replaceAll('.', '-')}@example.com`
  const create = (as: string): Promise<Account> =>
    call(pds.url, 'com.atproto.server.createAccount', { body: { handle: as, email, password } })
  try {
    return { ...(await create(handle)), password, email, service: pds.url }
  } catch (error) {
    const reserved = error instanceof XrpcError && error.message.includes('Reserved handle')
    if (!reserved) throw error
  }
  const account = await create(`x${randomBytes(6).toString('hex')}${suffix}`)
  await call(pds.url, 'com.atproto.admin.updateAccountHandle', {
    authorization: adminAuthorization(pds.adminPassword),
    body: { did: account.did, handle },
  })
  return { ...account, handle, password, email, service: pds.url }
}

/** Labels of publishers whose own short name nobody would derive from the long one. */
const KNOWN_LABELS = new Map(
  Object.entries({
    'national aeronautics and space administration': 'nasa',
    'national oceanic and atmospheric administration': 'noaa',
    'united states geological survey': 'usgs',
    'european space agency': 'esa',
    'european centre for medium-range weather forecasts': 'ecmwf',
    'european organization for nuclear research': 'cern',
    'amazon web services': 'aws',
    'national institutes of health': 'nih',
    'national center for atmospheric research': 'ncar',
    'met office': 'met-office',
  }),
)

const SMALL_WORDS = new Set([
  'a',
  'an',
  'and',
  'at',
  'by',
  'de',
  'for',
  'in',
  'of',
  'on',
  'the',
  'to',
  'und',
  'with',
])

/**
 * The first label of a handle for a publisher's name: 3–18 characters, letters, digits and inner hyphens. The same name
 * gives the same label. A name in brackets or a known abbreviation wins, then the whole name, then its initials, then
 * its beginning.
 * @param taken whether a label belongs to somebody else; a number is then appended
 */
export function publisherHandle(name: string, taken: (label: string) => boolean = () => false): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '')
  const bracketed = /\(([A-Za-z][A-Za-z0-9-]{1,16}[A-Za-z0-9])\)/.exec(plain)?.[1]
  const base = bracketed ?? plain.replace(/\([^)]*\)/g, ' ').trim()
  const words = base.toLowerCase().match(/[a-z0-9]+/g) ?? []
  const whole = words.join('-')
  const initials = words
    .filter(word => !SMALL_WORDS.has(word))
    .map(word => word[0])
    .join('')
  const label =
    KNOWN_LABELS.get(base.toLowerCase().replace(/\s+/g, ' ')) ??
    (whole.length <= MAX_LABEL ? whole : initials.length >= MIN_LABEL ? initials : whole)
  const padded = label.length === 0 ? 'publisher' : label.length < MIN_LABEL ? `${label}-data` : label
  const cut = (length: number): string => padded.slice(0, length).replace(/-+$/, '')
  let result = cut(MAX_LABEL)
  for (let number = 2; taken(result); number++)
    result = `${cut(MAX_LABEL - String(number).length - 1)}-${number}`
  return result
}
