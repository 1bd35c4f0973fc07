import { describe, expect, it } from 'vitest'
import { signRequest } from './sigv4.ts'

/** "Signature Calculations for the Authorization Header" of Amazon S3's API reference: its examples without a body. */
const scope = {
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
  region: 'us-east-1',
  now: Date.parse('2013-05-24T00:00:00Z'),
}

describe('the examples of Amazon', () => {
  it.each([
    ['test.txt', { range: 'bytes=0-9' }, 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'],
    ['?lifecycle', {}, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    ['?max-keys=2&prefix=J', {}, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
  ])('%s', (path, headers, signature) => {
    const url = new URL(`https://examplebucket.s3.amazonaws.com/${path}`)
    const { authorization } = signRequest('GET', url, headers as Record<string, string>, scope)
    expect(authorization).toContain(`Signature=${signature}`)
    expect(authorization).toContain('Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request')
  })
})

it('the order of a query does not matter, a session token is signed', () => {
  const sign = (query: string, sessionToken?: string) =>
    signRequest(
      'GET',
      new URL(`https://b.example/${query}`),
      {},
      {
        ...scope,
        credentials: { ...scope.credentials, ...(sessionToken ? { sessionToken } : {}) },
      },
    )
  expect(sign('?b=2&a=1').authorization).toBe(sign('?a=1&b=2').authorization)
  expect(sign('', 'token')['x-amz-security-token']).toBe('token')
  expect(sign('', 'token').authorization).toContain('x-amz-security-token')
})
