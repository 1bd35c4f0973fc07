import { createHash, createHmac } from 'node:crypto'

export interface SigningCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface SigningScope {
  readonly credentials: SigningCredentials
  readonly region: string
  /** Milliseconds since 1970. */
  readonly now: number
}

const SERVICE = 's3'
const EMPTY_SHA256 = createHash('sha256').update('').digest('hex')

/**
 * Headers that authorise a request without a body at S3 or what speaks like it: AWS Signature Version 4, as in "Authenticating
 * Requests: Using the Authorization Header" of Amazon S3's API reference.
 * @param headers that are signed besides; names in lower case
 */
export function signRequest(
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  { credentials, region, now }: SigningScope,
): Record<string, string> {
  const time = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '')
  const date = time.slice(0, 8)
  const added: Record<string, string> = { 'x-amz-content-sha256': EMPTY_SHA256, 'x-amz-date': time }
  if (credentials.sessionToken) added['x-amz-security-token'] = credentials.sessionToken
  const signed = Object.entries({ ...headers, ...added, host: url.host }).sort(byName)
  const names = signed.map(([name]) => name).join(';')
  const canonical = [
    method,
    url.pathname,
    canonicalQuery(url),
    ...signed.map(([name, value]) => `${name}:${value.trim()}`),
    '',
    names,
    EMPTY_SHA256,
  ].join('\n')
  const scope = `${date}/${region}/${SERVICE}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [date, region, SERVICE, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  )
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope},` +
    `SignedHeaders=${names},Signature=${signature}`
  return { ...headers, ...added, authorization }
}

function canonicalQuery(url: URL): string {
  return url.search
    .slice(1)
    .split('&')
    .filter(part => part !== '')
    .map(part => (part.includes('=') ? part : `${part}=`))
    .sort()
    .join('&')
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
