import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Hono } from 'hono'
import { afterEach, expect, it } from 'vitest'
import { configFromEnv } from '../config.ts'
import { browserName } from '../pages/account.tsx'
import { accountName, whyNoSignIn } from './oauth.ts'
import { returnPath } from './return-to.ts'
import { sameSiteOnly } from './same-site.ts'
import { SessionStore } from './store.ts'
import { developmentSecret, Vault } from './vault.ts'

const folders: string[] = []
const fresh = () => {
  folders.push(mkdtempSync(join(tmpdir(), 'frost-session-')))
  return folders.at(-1)!
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
const tokens = { tokenSet: { sub: 'did:plc:a', refresh_token: 'ref-4711' } } as never

it('a sealed value opens with the same secret and for the same place, and for nothing else', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.nat(), (value, place, at) => {
      const vault = new Vault('secret')
      const sealed = vault.seal(value, place)
      expect(JSON.stringify(vault.open(sealed, place))).toBe(JSON.stringify(value))
      expect(vault.open(sealed, `${place}.`)).toBeUndefined()
      expect(new Vault('other').open(sealed, place)).toBeUndefined()
      const changed = Buffer.from(sealed)
      changed[at % changed.length]! ^= 1
      expect(vault.open(changed, place)).toBeUndefined()
      expect(vault.open(sealed.subarray(0, at % sealed.length), place)).toBeUndefined()
    }),
    { numRuns: 50 },
  )
})

it('sessions outlive the process; the file holds neither tokens nor cookies, and is for its owner only', () => {
  const folder = fresh()
  const secret = developmentSecret(folder)
  expect(developmentSecret(folder)).toBe(secret)
  const first = new SessionStore(folder, new Vault(secret))
  first.setTokens('did:plc:a', tokens, 'atproto')
  const cookie = first.open('did:plc:a', 'ada.test', 'Firefox')
  first.end()
  const second = new SessionStore(folder, new Vault(secret))
  expect(second.find(cookie)).toMatchObject({ did: 'did:plc:a', handle: 'ada.test' })
  expect(second.tokens('did:plc:a')).toEqual(tokens)
  second.end()
  const bytes = readFileSync(join(folder, 'sessions.sqlite')).toString('latin1')
  expect(bytes).not.toContain('ref-4711')
  expect(bytes).not.toContain(cookie)
  for (const name of ['sessions.sqlite', 'cookie-secret'])
    expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
  const third = new SessionStore(folder, new Vault('another secret'))
  expect(third.tokens('did:plc:a')).toBeUndefined()
  third.end()
})

it('sessions end one by one, all at once, and by themselves', () => {
  let now = Date.parse('2026-01-01')
  const store = new SessionStore(fresh(), new Vault('s'), () => now)
  const [one, two] = ['Firefox', 'Chrome'].map(browser => store.open('did:plc:a', undefined, browser))
  const other = store.open('did:plc:b', undefined, 'x'.repeat(5000))
  expect(store.list('did:plc:b')[0]!.browser).toHaveLength(200)
  expect(store.close('did:plc:b', store.find(one!)!.id)).toBe(1)
  expect(store.find(one!)).toBeDefined()
  expect(store.close('did:plc:a', store.find(one!)!.id)).toBe(1)
  expect(store.find(one!)).toBeUndefined()
  now += 59 * 86_400_000
  expect(store.find(two!)).toBeDefined()
  now += 59 * 86_400_000
  expect(store.find(two!)).toBeDefined()
  expect(store.find(other)).toBeUndefined()
  expect(store.close('did:plc:a')).toBe(0)
  expect(store.find(two!)).toBeUndefined()
  store.states.set('s1', { verifier: 'v' } as never)
  expect(store.states.get('s1')).toEqual({ verifier: 'v' })
  now += 16 * 60_000
  expect(store.states.get('s1')).toBeUndefined()
  store.end()
})

it('what to come back to is a path of this site, whatever is asked for', () => {
  expect(returnPath('/d/a.test/x?sort=new')).toBe('/d/a.test/x?sort=new')
  for (const text of [
    '',
    '//e.test',
    '/\\e.test',
    'https://e.test',
    '/\t/e.test',
    '/a b',
    'e.test',
    '/.//e.test',
    '/x\n',
    undefined,
  ])
    expect(returnPath(text)).toBe('/')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.webUrl(),
        fc.string(),
        fc.string().map(rest => `/${rest}`),
      ),
      text => {
        const base = 'https://site.example'
        expect(new URL(returnPath(text), base).origin).toBe(base)
        expect(returnPath(text)).toMatch(/^\/(?!\/)/)
      },
    ),
  )
})

it.each([
  [{ 'sec-fetch-site': 'same-origin' }, 200],
  [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, 200],
  [{ 'sec-fetch-site': 'cross-site', origin: 'https://frost.example' }, 403],
  [{ 'sec-fetch-site': 'none' }, 403],
  [{ origin: 'https://frost.example' }, 200],
  [{ origin: 'https://frost.example.evil' }, 403],
  [{ origin: 'not an origin' }, 403],
  [{}, 403],
])('of what changes something, %j gets %i', async (headers, status) => {
  const app = new Hono()
  app.use(sameSiteOnly('https://frost.example'))
  app.all('/', c => c.text('done'))
  const init = { headers: { host: 'inner:4180', ...headers } as Record<string, string> }
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
    expect((await app.request('/', { ...init, method })).status).toBe(status)
  expect((await app.request('/', init)).status).toBe(200)
})

it('an account is a handle, a DID or a server over https', () => {
  expect(accountName(' @Ada.example.org ', false)).toBe('Ada.example.org')
  expect(accountName('at://did:plc:ewvi7nxzyoun6zhxrhs64oiz', false)).toBe('did:plc:ewvi7nxzyoun6zhxrhs64oiz')
  expect(accountName('https://PDS.example.org/path?x', false)).toBe('https://pds.example.org')
  expect(accountName('http://localhost:4185', true)).toBe('http://localhost:4185')
  for (const text of [
    'http://localhost:4185',
    'http://pds.example.org',
    'ada',
    '',
    'https://',
    'file:///etc/passwd',
  ])
    expect(() => accountName(text, false)).toThrow(/is no (account|server)/)
})

it('says of what the operator gave what is wrong or lacking', () => {
  expect(whyNoSignIn(configFromEnv({}))).toBeUndefined()
  expect(whyNoSignIn(configFromEnv({ FROST_PUBLIC_URL: 'http://frost.example' }))).toMatch(/https/)
  expect(whyNoSignIn(configFromEnv({ FROST_PUBLIC_URL: 'https://frost.example' }))).toMatch(/FROST_OAUTH_KEY/)
  expect(() => configFromEnv({ FROST_PUBLIC_URL: 'frost' })).toThrow(/FROST_PUBLIC_URL is 'frost'/)
  expect(() => configFromEnv({ FROST_COOKIE_SECRET: 'short' })).toThrow(/at least 32/)
  expect(() => configFromEnv({ FROST_PROVIDERS: 'icehub' })).toThrow(/name=address/)
})

it('a browser is named in few words', () => {
  expect(browserName('Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0')).toBe(
    'Firefox on Linux',
  )
  expect(browserName('curl/8')).toBe('A browser')
})
