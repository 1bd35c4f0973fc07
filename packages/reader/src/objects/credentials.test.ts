import { describe, expect, it } from 'vitest'
import { type AccessOptions, credentialsFor } from './credentials.ts'
import { type BucketPlace, parseLocation } from './place.ts'

const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' }
const google = { GS_ACCESS_KEY_ID: 'id', GS_SECRET_ACCESS_KEY: 'secret' }
const azure = { AZURE_STORAGE_ACCOUNT: 'acc1', AZURE_STORAGE_SAS_TOKEN: 'sig=s' }

function access(location: string, options: AccessOptions = {}) {
  return credentialsFor(parseLocation(location) as BucketPlace, options)
}

describe('credentials', () => {
  it('come from the environment, and go to Amazon and to the endpoint it names', () => {
    const credentials = { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' }
    expect(access('s3://bkt/x', { env: keys })).toMatchObject({ credentials, endpoint: undefined })
    const own = { ...keys, AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' }
    expect(access('s3://bkt/x', { env: own })).toMatchObject({ credentials })
    expect(access('s3://bkt/x', { env: own, endpoint: 'http://127.0.0.1:9000/' })).toMatchObject({
      credentials,
    })
    const amazon = { env: keys, endpoint: 'https://s3.eu-west-1.amazonaws.com' }
    expect(access('s3://bkt/x', amazon)).toMatchObject({ credentials, endpoint: undefined })
  })

  it.each([
    ['s3://bkt/x', keys, 'https://evil.example'],
    ['s3://bkt/x', { ...keys, AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' }, 'http://127.0.0.1:9001'],
    ['s3://bkt/x', keys, 'http://s3.amazonaws.com'],
    ['s3://bkt/x', keys, 'https://s3.amazonaws.com.evil.example'],
    ['gs://bkt/x', google, 'https://evil.example'],
    ['az://data/x', azure, 'https://evil.example'],
    ['az://data@acc2/x', azure, undefined],
    ['az://data/x', azure, 'http://acc1.blob.core.windows.net.evil.example'],
  ])('for %s do not go to an endpoint that a record names (%#)', (location, env, endpoint) => {
    const { credentials, signature } = access(location, { env, endpoint })
    expect([credentials, signature]).toEqual([undefined, undefined])
  })

  it.each([
    'https://bkt.s3.amazonaws.com/x',
    'https://storage.googleapis.com/bkt/x',
    'https://acc1.blob.core.windows.net/data/x',
  ])('are not sent to %s, which is public', location => {
    const { credentials, signature } = access(location, { env: { ...keys, ...google, ...azure } })
    expect([credentials, signature]).toEqual([undefined, undefined])
  })

  it('are left out where the environment says so', () => {
    expect(access('s3://bkt/x', { env: { ...keys, AWS_NO_SIGN_REQUEST: 'YES' } }).credentials).toBeUndefined()
  })

  it('of Google and Azure', () => {
    expect(access('gs://bkt/x', { env: google })).toMatchObject({ credentials: { accessKeyId: 'id' } })
    expect(access('az://data/x', { env: azure })).toMatchObject({ signature: 'sig=s' })
    expect(() => access('az://data/x')).toThrow(/AZURE_STORAGE_ACCOUNT/)
  })
})

describe('a bucket whose reader pays', () => {
  const pays = { requesterPays: true, payRequests: true }

  it('needs credentials and consent', () => {
    for (const options of [{ requesterPays: true }, pays, { requesterPays: true, env: keys }])
      expect(() => access('s3://bkt/x', options)).toThrow(expect.objectContaining({ code: 'Forbidden' }))
    expect(() => access('gs://bkt/x', { ...pays, env: google })).toThrow(/GOOGLE_CLOUD_PROJECT/)
    expect(() => access('az://data@acc1/x', { ...pays, env: azure })).toThrow(/Azure/)
  })

  it('is then told so', () => {
    expect(access('s3://bkt/x', { ...pays, env: keys }).headers).toEqual({
      'x-amz-request-payer': 'requester',
    })
    const env = { ...google, GOOGLE_CLOUD_PROJECT: 'mine' }
    expect(access('gs://bkt/x', { ...pays, env }).headers).toEqual({ 'x-goog-user-project': 'mine' })
  })
})

it('endpoints and regions that are none are refused, without showing what they hold', () => {
  for (const endpoint of ['ftp://x', 'http://user:secret@host', 'https://host/?x=1'])
    expect(() => access('s3://bkt/x', { endpoint })).toThrow(
      expect.objectContaining({ code: 'InvalidSelection', message: expect.not.stringContaining('secret') }),
    )
  expect(() => access('s3://bkt/x', { region: 'evil.example/' })).toThrow(/us-west-2/)
})
