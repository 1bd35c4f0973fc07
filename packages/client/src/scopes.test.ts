import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nsid } from '@frost/lexicon'
import { expect, it } from 'vitest'
import { scopesToAsk } from './scopes.ts'

async function scopesFor(id: string): Promise<string[]> {
  const server = createServer((_, answer) => answer.end(JSON.stringify({ id })))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    return await scopesToAsk({ appviewUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  } finally {
    server.close()
  }
}

const timeline = `lxm=${nsid('feed.getTimeline')}`

it('asks by the permission set, and where that is not known for what it names', async () => {
  const [set, spelled] = await scopesFor('did:web:frost.example')
  expect(set).toContain(`include:${nsid('authFull')}?aud=did%3Aweb%3Afrost.example%23frost_appview`)
  expect(set).not.toContain(timeline)
  expect(spelled).toContain(timeline)
  expect(spelled).toContain(`collection=${nsid('dataset.entry')}`)
})

it('names the calls to an AppView whose DID has a port, which servers lose as they write out the set', async () => {
  for (const scope of await scopesFor('did:web:localhost%3A4181')) {
    expect(scope).toContain(timeline)
    expect(scope).toContain('aud=did%3Aweb%3Alocalhost%253A4181%23frost_appview')
  }
})

it('asks for what operators do only where an operator signs in', async () => {
  const appviewUrl = await new Promise<string>(resolve => {
    const server = createServer((_, answer) => {
      answer.end(JSON.stringify({ id: 'did:web:frost.example' }))
      if (++asked === 2) server.close()
    })
    let asked = 0
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })
  const status = `lxm=${nsid('admin.getStatus')}`
  for (const scope of await scopesToAsk({ appviewUrl })) expect(scope).not.toContain(status)
  for (const scope of await scopesToAsk({ appviewUrl }, { operator: true })) expect(scope).toContain(status)
})

it('never asks for all calls, for which people would be asked about their messages', async () => {
  for (const scope of [...(await scopesFor('did:web:frost.example')), ...(await scopesFor('no DID'))])
    expect(scope).not.toContain('rpc:*')
})
