import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configFromEnv } from './config.ts'

const local = { FROST_PLC_URL: 'http://localhost:4183' }

describe('FROST_UPSTREAMS', () => {
  it.each([
    ['wss://relay.example.org', 'wss://relay.example.org'],
    ['https://relay.example.org/', 'wss://relay.example.org'],
    ['jetstream+wss://jetstream.example.org', 'jetstream+wss://jetstream.example.org/subscribe'],
    ['jetstream+wss://jetstream.example.org/v1/feed', 'jetstream+wss://jetstream.example.org/v1/feed'],
    ['archive:/var/repositories', 'archive:/var/repositories'],
    ['archive:/var/repositories?trusted', 'archive:/var/repositories?trusted'],
  ])('takes %s', (text, upstream) => {
    expect(configFromEnv({ FROST_UPSTREAMS: text }).upstreams).toEqual([upstream])
  })

  it('takes several, and loopback on a local network', () => {
    const text = 'ws://localhost:4184, jetstream+ws://localhost:6008 archive:./kept'
    expect(configFromEnv({ ...local, FROST_UPSTREAMS: text }).upstreams).toEqual([
      'ws://localhost:4184',
      'jetstream+ws://localhost:6008/subscribe',
      'archive:./kept',
    ])
  })

  it.each([
    ['relay.example.org', /'relay\.example\.org' is no address of events: write wss:\/\//],
    ['ftp://relay.example.org', /write wss:\/\/relay\.example\.org/],
    ['jetstream+ftp://x', /jetstream\+wss:\/\/jetstream\.example\.org for a Jetstream/],
    ['archive:', /write archive:\/folder/],
    ['archive:/x?trust', /archive:\/folder\?trusted/],
    ['ws://relay.example.org', /is not https/],
    ['ws://localhost:4184', /on this machine/],
    ['wss://user:secret@relay.example.org', /no user names/],
    ['wss://10.0.0.1', /not a public host name/],
  ])('refuses %s and says what to write', (text, message) => {
    const read = () => configFromEnv({ FROST_UPSTREAMS: text })
    expect(read).toThrow(/^FROST_UPSTREAMS: /)
    expect(read).toThrow(message)
  })
})

describe('what else is read of upstreams', () => {
  it('is whether hosts are discovered', () => {
    expect(configFromEnv({}).discoverHosts).toBe(false)
    expect(configFromEnv({ FROST_DISCOVER_HOSTS: '1' }).discoverHosts).toBe(true)
    expect(() => configFromEnv({ FROST_DISCOVER_HOSTS: 'yes' })).toThrow(
      /FROST_DISCOVER_HOSTS is 'yes': give 1/,
    )
  })

  it('is the dictionary of a Jetstream', () => {
    const folder = mkdtempSync(join(tmpdir(), 'frost-config-'))
    try {
      const file = join(folder, 'dictionary')
      expect(() => configFromEnv({ FROST_JETSTREAM_DICTIONARY: file })).toThrow(
        /FROST_JETSTREAM_DICTIONARY: .*cannot be read/,
      )
      writeFileSync(file, 'words')
      const { jetstreamDictionary } = configFromEnv({ FROST_JETSTREAM_DICTIONARY: file })
      expect(Buffer.from(jetstreamDictionary!).toString()).toBe('words')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('looking whether data can be read', () => {
  it('is polite unless it is told otherwise, and can be left out', () => {
    expect(configFromEnv({}).health).toEqual({
      interval: 86_400_000,
      retry: 600_000,
      host: 10_000,
      perMinute: 120,
      skip: [],
    })
    expect(configFromEnv(local).health?.host).toBe(1000)
    expect(configFromEnv({ FROST_HEALTH: '0' }).health).toBeUndefined()
    expect(configFromEnv({ FROST_HEALTH_SKIP: 'Example.org, data.example.net' }).health?.skip).toEqual([
      'example.org',
      'data.example.net',
    ])
  })

  it.each([
    [{ FROST_HEALTH: 'no' }, /FROST_HEALTH is 'no': give 1/],
    [{ FROST_HEALTH_HOURS: '0' }, /FROST_HEALTH_HOURS is '0': give 1 or more/],
    [{ FROST_HEALTH_HOST_SECONDS: '-1' }, /FROST_HEALTH_HOST_SECONDS is '-1'/],
  ])('refuses %o', (env, message) => {
    expect(() => configFromEnv(env)).toThrow(message)
  })
})

it('a password of a snapshot goes to the AppView alone whose it is', () => {
  const [one, other] = ['https://one.example.org', 'https://other.example.org']
  const sources = (FROST_SNAPSHOT: string, FROST_SNAPSHOT_PASSWORD: string) =>
    configFromEnv({ FROST_SNAPSHOT, FROST_SNAPSHOT_PASSWORD }).beginWith
  expect(sources(one!, 'with a space')).toEqual([{ source: one, password: 'with a space' }])
  expect(sources(`${one}, /a folder/kept, ${other}`, 'first second')).toEqual([
    { source: one, password: 'first' },
    { source: '/a folder/kept' },
    { source: other, password: 'second' },
  ])
  expect(() => sources(`${one},${other}`, 'only')).toThrow(/1 passwords for 2 AppViews/)
  expect(sources(`${one},${other}`, '')).toEqual([{ source: one }, { source: other }])
  expect(sources('', 'secret')).toEqual([])
})
