import { ReaderError } from '../errors.ts'
import type { SigningCredentials } from './buckets/sigv4.ts'
import type { BucketPlace } from './place.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface AccessOptions {
  readonly env?: Environment
  readonly endpoint?: string
  readonly region?: string
  readonly requesterPays?: boolean
  readonly payRequests?: boolean
}

/** How a bucket is reached. */
export interface Access {
  readonly endpoint?: URL
  readonly region?: string
  readonly credentials?: SigningCredentials
  readonly headers?: Readonly<Record<string, string>>
  readonly signature?: string
}

/**
 * Endpoint, region and credentials for a bucket. A location or a record can name any endpoint, so credentials go only to
 * the cloud's own hosts and to an endpoint that the environment names.
 * @throws {ReaderError} `Forbidden` for a bucket whose reader pays, without credentials or consent
 */
export function credentialsFor(place: BucketPlace, options: AccessOptions): Access {
  switch (place.kind) {
    case 's3':
      return amazon(place, options)
    case 'google':
      return google(place, options)
    case 'azure':
      return azure(place, options)
  }
}

function amazon(place: BucketPlace, options: AccessOptions): Access {
  const { env = {} } = options
  const ofEnv = place.asUrl ? undefined : endpointOf(env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL)
  const asked = place.asUrl ? undefined : endpointOf(options.endpoint)
  const endpoint = asked && isAmazon(asked) ? undefined : (asked ?? ofEnv)
  const trusted = !place.asUrl && (!endpoint || endpoint.origin === ofEnv?.origin)
  const anonymous = /^(yes|true|1)$/i.test(env.AWS_NO_SIGN_REQUEST ?? '')
  const credentials =
    trusted && !anonymous
      ? keysOf(env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN)
      : undefined
  // The environment's region is that of one's own buckets: public ones lie anywhere.
  const own = credentials || endpoint ? (env.AWS_REGION ?? env.AWS_DEFAULT_REGION) : undefined
  const region = checkedRegion(options.region) ?? place.region ?? checkedRegion(own)
  const pays = paid(place, options, credentials, 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  return { endpoint, region, credentials, headers: pays ? { 'x-amz-request-payer': 'requester' } : undefined }
}

function google(place: BucketPlace, options: AccessOptions): Access {
  const { env = {} } = options
  const asked = place.asUrl ? undefined : endpointOf(options.endpoint)
  const endpoint = asked ?? new URL('https://storage.googleapis.com')
  const trusted = !place.asUrl && endpoint.origin === 'https://storage.googleapis.com'
  const credentials = trusted ? keysOf(env.GS_ACCESS_KEY_ID, env.GS_SECRET_ACCESS_KEY) : undefined
  const needed = 'GS_ACCESS_KEY_ID, GS_SECRET_ACCESS_KEY and GOOGLE_CLOUD_PROJECT'
  const payer = env.GOOGLE_CLOUD_PROJECT
  const pays = paid(place, options, payer ? credentials : undefined, needed)
  return {
    endpoint,
    region: 'auto',
    credentials,
    headers: pays ? { 'x-goog-user-project': payer! } : undefined,
  }
}

function azure(place: BucketPlace, options: AccessOptions): Access {
  const { env = {} } = options
  const asked = place.asUrl ? undefined : endpointOf(options.endpoint)
  const account = place.account ?? (asked ? undefined : env.AZURE_STORAGE_ACCOUNT)
  if (!asked && (!account || !/^[a-z0-9]{3,24}$/.test(account)))
    throw new ReaderError(
      'InvalidSelection',
      `${place.name} does not say its account: write az://CONTAINER@ACCOUNT/… or set AZURE_STORAGE_ACCOUNT`,
    )
  const own = `https://${account}.blob.core.windows.net`
  const endpoint = asked ?? new URL(own)
  const trusted =
    !place.asUrl &&
    env.AZURE_STORAGE_ACCOUNT !== undefined &&
    endpoint.hostname === `${env.AZURE_STORAGE_ACCOUNT}.blob.core.windows.net`
  paid(place, options, undefined, 'a cloud that knows it (Azure does not)')
  const signature = place.signature ?? (trusted ? env.AZURE_STORAGE_SAS_TOKEN : undefined)
  return { endpoint, signature }
}

function paid(
  { name }: BucketPlace,
  { payRequests, requesterPays }: AccessOptions,
  credentials: SigningCredentials | undefined,
  needed: string,
): boolean {
  if (!requesterPays) return false
  if (credentials && payRequests) return true
  const remedy = credentials
    ? 'agree to pay, or read a copy elsewhere'
    : `reading it needs ${needed} in the environment of the command line, and consent to pay`
  throw new ReaderError('Forbidden', `${name}: its owner lets the reader pay for requests: ${remedy}`, {
    requesterPays: true,
  })
}

function keysOf(id?: string, secret?: string, sessionToken?: string): SigningCredentials | undefined {
  return id && secret ? { accessKeyId: id, secretAccessKey: secret, sessionToken } : undefined
}

function endpointOf(text: string | undefined): URL | undefined {
  if (!text) return undefined
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search)
    throw new ReaderError(
      'InvalidSelection',
      `endpoint '${text.slice(0, 200).replace(/\/\/.*@/, '//…@')}' must be an http(s) URL`,
    )
  url.hash = ''
  return url
}

function isAmazon(url: URL): boolean {
  return url.protocol === 'https:' && /(^|\.)s3[.-]([a-z0-9-]+\.)?amazonaws\.com(\.cn)?$/.test(url.hostname)
}

function checkedRegion(region: string | undefined): string | undefined {
  if (region === undefined || region === '') return undefined
  if (!/^[a-z0-9-]{1,32}$/.test(region))
    throw new ReaderError(
      'InvalidSelection',
      `region '${region.slice(0, 64)}' is not the name of one, as 'us-west-2' is`,
    )
  return region
}
