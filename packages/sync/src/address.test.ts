import { describe, expect, it } from 'vitest'
import { parseUpstream } from './address.ts'

const guarded = { allowLoopbackHttp: false }
const local = { allowLoopbackHttp: true }

describe('the address of an upstream', () => {
  it.each([
    [
      'wss://relay.example.org',
      { kind: 'firehose', url: 'wss://relay.example.org', origin: 'https://relay.example.org' },
    ],
    [
      'https://relay.example.org/',
      { kind: 'firehose', url: 'wss://relay.example.org', origin: 'https://relay.example.org' },
    ],
    [
      'wss://relay.example.org:8443',
      { kind: 'firehose', url: 'wss://relay.example.org:8443', origin: 'https://relay.example.org:8443' },
    ],
    [
      'jetstream+wss://jet.example.org',
      {
        kind: 'jetstream',
        url: 'jetstream+wss://jet.example.org/subscribe',
        origin: 'https://jet.example.org',
        endpoint: 'wss://jet.example.org/subscribe',
      },
    ],
    [
      'jetstream+wss://jet.example.org/deep/subscribe',
      {
        kind: 'jetstream',
        url: 'jetstream+wss://jet.example.org/deep/subscribe',
        origin: 'https://jet.example.org',
        endpoint: 'wss://jet.example.org/deep/subscribe',
      },
    ],
    ['archive:/folder', { kind: 'archive', url: 'archive:/folder', folder: '/folder', trusted: false }],
    ['archive:///folder', { kind: 'archive', url: 'archive:///folder', folder: '/folder', trusted: false }],
    [
      'archive:/folder?trusted',
      { kind: 'archive', url: 'archive:/folder?trusted', folder: '/folder', trusted: true },
    ],
  ])('%s', (text, address) => {
    expect(parseUpstream(text, guarded)).toEqual(address)
    // What it is called leads back to it: cursors are kept under that name.
    expect(parseUpstream((address as { url: string }).url, guarded)).toEqual(address)
  })

  it('may be of this machine in a local network only', () => {
    const address = { kind: 'firehose', url: 'ws://localhost:2583', origin: 'http://localhost:2583' }
    expect(parseUpstream('ws://localhost:2583', local)).toEqual(address)
    expect(() => parseUpstream('ws://localhost:2583', guarded)).toThrow(/allowLoopbackHttp/)
  })

  it.each([
    ['relay.example.org', /is no address of events: write wss:/],
    ['ftp://relay.example.org', /is no address of events/],
    ['jetstream+ftp://jet.example.org', /is no address of events/],
    ['ws://relay.example.org', /is not https/],
    ['wss://10.0.0.1', /not a public host name/],
    ['wss://user:secret@relay.example.org', /no user names/],
    ['archive:', /is no archive: write archive:\/folder/],
    ['archive:/folder?trust', /is no archive/],
  ])('is not %s', (text, why) => {
    expect(() => parseUpstream(text, local)).toThrow(why)
  })
})
