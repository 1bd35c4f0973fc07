import { nsid } from '@frost/lexicon'
import { expect, it } from 'vitest'
import { createLogger } from './log.ts'
import { Quotas } from './metering/quotas.ts'
import { createServer } from './server.ts'
import type { WebSubHub } from './websub/hub.ts'
import type { Services } from './xrpc/method.ts'
import { ServiceAuth } from './xrpc/service-auth.ts'

const DID = 'did:web:appview.example'

/** The whole face, for calls that are refused before any service is asked; it knows no API key. */
function face(requestsPerWindow: number) {
  const quotas = new Quotas({ find: async () => undefined, ofMonth: async () => ({ requests: 0, bytes: 0 }) })
  const services = { config: { requestsPerWindow, adminPassword: 'secret' }, did: DID, quotas }
  const auth = new ServiceAuth(DID, async did => {
    throw new Error(`no key of ${did} is asked for here`)
  })
  return createServer(services as unknown as Services, {
    origin: 'https://appview.example',
    auth,
    log: createLogger('silent'),
    version: '0',
    webSub: {} as WebSubHub,
  })
}

it.each([
  ['an API key', `/xrpc/${nsid('dataset.listEntries')}`, { 'X-API-Key': 'frost_guess' }],
  ['the password of usage', '/usage.csv', { Authorization: `Basic ${btoa('admin:guess')}` }],
  ['the password of usage', '/usage.json', { Authorization: `Basic ${btoa('admin:guess')}` }],
  [
    'the password of operators',
    `/xrpc/${nsid('admin.getStatus')}`,
    { Authorization: `Basic ${btoa('admin:guess')}` },
  ],
])('who guesses at %s is limited: %s', async (_, path, headers) => {
  const app = face(2)
  const statuses = []
  for (let call = 0; call < 3; call++) statuses.push((await app.request(path, { headers })).status)
  expect(statuses).toEqual([401, 401, 429])
})
