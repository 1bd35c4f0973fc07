import { createHash } from 'node:crypto'
import type { ReaderMailRow } from '@frost/index/reader-mail'
import { nsid } from '@frost/lexicon'
import type { Mail } from './mailer.ts'

/** What a mail tells of a notification. */
export interface Told {
  readonly reason: string
  readonly uri: string
  readonly author: { readonly handle: string; readonly did: string; readonly displayName?: string }
  readonly record: Readonly<Record<string, unknown>>
  readonly dataset?: { readonly uri: string; readonly title: string }
}

export interface Places {
  /** Origin of the AppView. */
  readonly origin: string
  /** Origin of the site, where there is one. */
  readonly siteUrl?: string
}

/** One mail tells of this many; the rest is counted. */
export const MOST_TOLD = 30
const LONGEST_QUOTE = 300

const DEEDS: Readonly<Record<string, (of: string, record: Told['record']) => string>> = {
  comment: of => `commented on ${of}`,
  issue: of => `reported an issue with ${of}`,
  correction: of => `proposed a correction of ${of}`,
  citation: of => `cites you: ${of}`,
  derived: of => `made something from your data: ${of}`,
  follow: () => 'follows you, or something of yours',
  endorsement: of => `endorsed ${of}`,
  version: of => `released a version of ${of}`,
  notice: of => `gave notice about ${of}`,
  mention: of => `mentioned you in the discussion of ${of}`,
  'issue-state': (of, { state }) => `${state === 'open' ? 'reopened' : 'closed'} an issue of ${of}`,
  'correction-state': (of, { status }) => `${SETTLED.get(status) ?? 'adopted'} a correction of ${of}`,
  acknowledgement: (of, { status }) => `${SAID.get(status) ?? 'spoke about'} what you say of ${of}`,
}
/** A correction is accepted, or declined, by a word, and adopted by a version. */
const SETTLED: ReadonlyMap<unknown, string> = new Map([
  ['accepted', 'accepted'],
  ['disputed', 'declined'],
  ['withdrawn', 'withdrew'],
])
const SAID: ReadonlyMap<unknown, string> = new Map([
  ['accepted', 'confirmed'],
  ['disputed', 'disputes'],
  ['withdrawn', 'says nothing more about'],
])

/**
 * The mail that tells somebody of notifications, with the way to end such mails (RFC 8058: one click).
 * @param told the newest, at least one
 * @param count how many there are in all
 */
export function digestMail(
  { address: to, token, told_until }: Pick<ReaderMailRow, 'address' | 'token' | 'told_until'>,
  told: readonly Told[],
  count: number,
  places: Places,
): Mail {
  const lines = told.map(one => ({
    text: sentenceOf(one),
    quote: quoteOf(one.record),
    link: linkTo(one, places),
  }))
  const more = count - lines.length
  const rest = more > 0 ? `and ${more} more` : undefined
  const end = `${places.origin}/mail/unsubscribe?token=${token}`
  const subject =
    count === 1
      ? lines[0]!.text
      : `${count} notifications: ${lines[0]!.text.slice(0, 80)}${lines[0]!.text.length > 80 ? '…' : ''}`
  const all = places.siteUrl && `${places.siteUrl}/notifications`
  // The same again is known as such by whoever receives it.
  const name = createHash('sha256').update(
    JSON.stringify([token, told_until, count, told.map(({ uri }) => uri)]),
  )
  return {
    to,
    messageId: `<${name.digest('hex').slice(0, 32)}@${new URL(places.origin).hostname}>`,
    subject: subject.slice(0, 200),
    text: [
      ...lines.map(({ text, quote, link }) => [text, ...(quote ? [`> ${quote}`] : []), link].join('\n')),
      ...(rest ? [rest] : []),
      ...(all ? [`All notifications: ${all}`] : []),
      `No more of these e-mails: ${end}`,
    ].join('\n\n'),
    html: page(
      lines
        .map(
          ({ text, quote, link }) =>
            `<p><a href="${escaped(link)}">${escaped(text)}</a>${quote ? `<br>“${escaped(quote)}”` : ''}</p>`,
        )
        .join('\n') +
        (rest ? `<p>${rest}</p>` : '') +
        `<p>${all ? `<a href="${escaped(all)}">All notifications</a> · ` : ''}<a href="${escaped(end)}">No more of these e-mails</a></p>`,
    ),
    headers: {
      'List-Unsubscribe': `<${end}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  }
}

/** The mail by which an address is confirmed; it says nothing that strangers wrote, since anybody may have asked for it. */
export function confirmationMail(to: string, token: string, { origin }: Places): Mail {
  const link = `${origin}/mail/confirm?token=${token}`
  const why = `Somebody, probably you, wants notifications of FROST at ${origin} sent to this address.`
  const how = 'If it was you, open the link within a day; otherwise do nothing, and no more will come.'
  return {
    to,
    subject: 'Confirm your address for notifications',
    text: [why, how, link].join('\n\n'),
    html: page(
      `<p>${escaped(why)}</p><p>${escaped(how)}</p><p><a href="${escaped(link)}">Confirm the address</a></p>`,
    ),
  }
}

function sentenceOf({ reason, author, record, dataset }: Told): string {
  const who = plain(author.displayName ?? author.handle)
  const deed = Object.hasOwn(DEEDS, reason) ? DEEDS[reason]! : (of: string) => `did something with ${of}`
  return `${who} ${deed(dataset ? plain(dataset.title) : 'something of yours', record)}`
}

/** The words of whoever wrote it, as far as there are any. */
function quoteOf(record: Told['record']): string | undefined {
  const words = ['title', 'text', 'rationale', 'reason', 'note'].flatMap(field =>
    typeof record[field] === 'string' && record.$type !== nsid('dataset.entry') ? [record[field]] : [],
  )
  const changes = (record.changes as { summary?: unknown } | undefined)?.summary
  const said = plain([...words, ...(typeof changes === 'string' ? [changes] : [])].join(': '))
  return said === '' ? undefined : said.length > LONGEST_QUOTE ? `${said.slice(0, LONGEST_QUOTE)}…` : said
}

function linkTo({ dataset, uri }: Told, { origin, siteUrl }: Places): string {
  const [, , did = '', collection = '', rkey = ''] = (dataset?.uri ?? uri).split('/')
  const key = encodeURIComponent(rkey)
  if (siteUrl && collection === nsid('dataset.entry')) return `${siteUrl}/d/${did}/${key}`
  if (siteUrl) return `${siteUrl}/p/${did}`
  return `${origin}/xrpc/${nsid('dataset.getEntry')}?uri=${encodeURIComponent(dataset?.uri ?? uri)}`
}

/** One line without characters that end lines or turn text around. */
function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 1000)
}

const page = (body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>FROST</title></head><body>\n${body}\n</body></html>`

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.codePointAt(0)};`)
}
