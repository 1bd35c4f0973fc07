import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { getMain } from '@atproto/lex'
import { frost, nsid } from '@frost/lexicon'

export interface ListedFile {
  readonly name: string
  readonly url: string
  /** Bytes. */
  readonly size: number
  readonly sha256: string
}

/** What `service.exportSnapshot` answered of the operators' edition. */
export interface Listing {
  /** Tells it from every other. */
  readonly id: string
  readonly seq: number
  readonly since?: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly files: readonly ListedFile[]
  /** Where files may lie already. */
  readonly folder?: string
}

const LARGEST_LISTING = 64 * 1024 * 1024
/** Read whole; those that are made here end with the account that fills 32 MB. */
const LARGEST_FILE = 512_000_000
/** Milliseconds for which another AppView may take to make a snapshot. */
const MAKING = 3_600_000

/**
 * Finds out what a snapshot consists of.
 * @param source origin of an AppView, which is asked for one; or the address, file or folder of an answer that was kept
 * @param password of that AppView's operators
 * @throws Error that names the source and says what to do
 */
export async function openListing(source: string, password?: string): Promise<Listing> {
  if (!/^https?:\/\//.test(source)) return fromFile(resolve(source))
  const url = new URL(source)
  if (url.username !== '' || url.password !== '')
    throw new Error(`the snapshot's address must hold no password: give FROST_SNAPSHOT_PASSWORD`)
  if (url.pathname === '/') url.pathname = `/xrpc/${nsid('service.exportSnapshot')}`
  if (url.search === '' && url.pathname.startsWith('/xrpc/')) url.search = 'edition=car'
  const text = await ask(url, password)
  return parseListing(text, source, url.origin)
}

async function fromFile(path: string): Promise<Listing> {
  const isFolder = await stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
  const file = isFolder ? join(path, 'snapshot.json') : path
  const text = await readFile(file, 'utf8').catch(error => {
    throw new Error(`snapshot '${file}' cannot be read: ${(error as Error).message}`)
  })
  return { ...parseListing(text, file), folder: dirname(file) }
}

async function ask(url: URL, password: string | undefined): Promise<string> {
  const authorization = password && `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
  const until = Date.now() + MAKING
  for (;;) {
    const response = await fetch(url, {
      headers: { ...(authorization && { authorization }) },
      redirect: 'error',
      signal: AbortSignal.timeout(120_000),
    }).catch(error => {
      throw new Error(`${url.origin} cannot be reached: ${(error as Error).cause ?? error}`)
    })
    const text = await boundedText(response)
    if (response.ok) return text
    const wait = Math.min(60, Number(response.headers.get('retry-after')) || 0)
    if (response.status !== 503 || wait === 0 || Date.now() > until) throw refusal(url, response.status, text)
    await delay(wait * 1000)
  }
}

function refusal(url: URL, status: number, text: string): Error {
  const hint =
    status === 401 || status === 403
      ? ': give the password of its operators as FROST_SNAPSHOT_PASSWORD, or an answer that one of them kept'
      : ''
  return new Error(`${url.origin} gives no snapshot (${status}${saidIn(text)})${hint}`)
}

function saidIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? `, ${message.slice(0, 300)}` : ''
  } catch {
    return ''
  }
}

async function boundedText(response: Response): Promise<string> {
  let text = ''
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part
    if (text.length > LARGEST_LISTING) throw new Error(`the answer is over ${LARGEST_LISTING} characters`)
  }
  return text
}

/** @param origin where the list came from by HTTP: its files are fetched from there, and from nowhere else */
export function parseListing(text: string, source: string, origin?: string): Listing {
  const bad = (why: string) => new Error(`'${source}' is no list of a snapshot's files: ${why}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw bad('it is no JSON')
  }
  const result = getMain(frost.service.exportSnapshot).output.schema!.safeParse(value, { strict: false })
  if (!result.success) throw bad(result.reason.message)
  const { seq, since, edition, expiresAt, files } = result.value
  if (edition !== 'car') throw bad(`its edition is '${edition ?? 'parquet'}': ask for edition=car`)
  return {
    id: createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 32),
    seq,
    ...(since !== undefined && { since }),
    expiresAt: Date.parse(expiresAt),
    files: files.map(({ name = '', url, size, digest }) => {
      if (!/^[a-z0-9][a-z0-9.-]{0,99}\.car$/.test(name)) throw bad(`the name '${name.slice(0, 100)}' is none`)
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
        throw bad(`the address of ${name} is no http(s) address`)
      if (!/^\d{1,15}$/.test(size) || Number(size) > LARGEST_FILE)
        throw bad(`the size of ${name} is '${size}': at most ${LARGEST_FILE} bytes are read`)
      if (digest.algorithm !== 'sha-256' || !/^[0-9a-f]{64}$/.test(digest.value))
        throw bad(`the digest of ${name} is no SHA-256`)
      const { pathname, search } = new URL(url)
      return {
        name,
        url: origin ? origin + pathname + search : url,
        size: Number(size),
        sha256: digest.value,
      }
    }),
  }
}
