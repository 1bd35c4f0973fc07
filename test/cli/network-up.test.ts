import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { AtpAgent } from '@atproto/api'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { askAs } from '../stand.ts'

const bin = fileURLToPath(new URL('../../apps/cli/bin/frost.js', import.meta.url))

interface Event {
  event: string
  service?: string
  site?: string
  appview?: string
  gateway?: string
  demo?: { handle: string; password: string; isOperator: boolean }
}

const folder = mkdtempSync(join(tmpdir(), 'frost-up-'))
const env = {
  ...process.env,
  FROST_DATA: folder,
  FROST_CONFIG: join(folder, 'config'),
  ...Object.fromEntries(
    ['PORT', 'APPVIEW_PORT', 'GATEWAY_PORT', 'PLC_PORT', 'RELAY_PORT', 'PDS_PORT', 'STORE_PORT'].map(name => [
      `FROST_${name}`,
      '0',
    ]),
  ),
}
const events: Event[] = []
const waiting: { wanted: (event: Event) => boolean; resolve: (event: Event) => void }[] = []
let up: ChildProcess
let complaints = ''

/** The first event, past or to come, that is `wanted`; fails at once where the network ends instead. */
function seen(wanted: (event: Event) => boolean): Promise<Event> {
  const past = events.find(wanted)
  if (past) return Promise.resolve(past)
  return new Promise((resolve, reject) => {
    waiting.push({ wanted, resolve })
    up.once('exit', status => reject(new Error(`'network up' ended with ${status}: ${complaints}`)))
  })
}

function frost(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [bin, ...args], { env })
    const output = { stdout: '', stderr: '' }
    child.stdout.on('data', chunk => (output.stdout += chunk))
    child.stderr.on('data', chunk => (output.stderr += chunk))
    child.on('close', status => resolve({ status, ...output }))
  })
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

beforeAll(async () => {
  // From a folder that is not the project's: nothing may depend on where the command is given.
  up = spawn(process.execPath, [bin, 'network', 'up', '--json'], {
    env,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  up.stderr!.on('data', chunk => (complaints += chunk))
  createInterface({ input: up.stdout! }).on('line', line => {
    const event = JSON.parse(line) as Event
    events.push(event)
    for (const { wanted, resolve } of waiting) if (wanted(event)) resolve(event)
  })
  await seen(({ event }) => event === 'ready')
}, 120_000)

afterAll(() => {
  up?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

describe('the network of one command', () => {
  it('serves the site and an AppView, and says how to sign in', async () => {
    const { site, appview, demo } = await seen(({ event }) => event === 'ready')
    expect((await fetch(site!)).status).toBe(200)
    expect((await fetch(`${appview}/xrpc/_health`)).status).toBe(200)
    expect(demo).toMatchObject({ handle: expect.stringMatching(/\.test$/), password: expect.any(String) })
    // A newcomer sees the pages of operators: the account of the start message may call what is theirs.
    expect(demo!.isOperator).toBe(true)
    const { pds } = demo as unknown as { pds: string }
    const agent = new AtpAgent({ service: pds })
    await agent.login({ identifier: demo!.handle, password: demo!.password })
    const { id } = (await (await fetch(`${appview}/.well-known/did.json`)).json()) as { id: string }
    const world = { url: appview!, did: id as `did:${string}:${string}` }
    expect(await askAs({ agent }, world, 'admin.getStatus')).toHaveProperty('upstreams')
    // What the AppView's feeds lead to.
    const feed = (await (await fetch(`${appview}/feeds/search.json?q=sea`)).json()) as {
      home_page_url: string
    }
    expect(feed.home_page_url).toBe(site)
  })

  it('shows what lies in its object store, and nothing else of this machine', async () => {
    const { appview, gateway } = await seen(({ event }) => event === 'ready')
    const entries = `${appview}/xrpc/${nsid('dataset.searchEntries')}?limit=100`
    // The index takes in what the network published before it was ready.
    const url = await vi.waitUntil(
      async () => /http:\/\/localhost:\d+\/[^"]+\.csv/.exec(await (await fetch(entries)).text())?.[0],
      { timeout: 20_000, interval: 200 },
    )
    const described = await fetch(`${gateway}/describe?url=${encodeURIComponent(url)}`)
    expect([described.status, await described.json()]).toEqual([
      200,
      expect.objectContaining({ location: url, format: 'csv', model: 'table' }),
    ])
    const other = await fetch(`${gateway}/describe?url=${encodeURIComponent(`${appview}/xrpc/_health`)}`)
    expect([other.status, await other.json()]).toEqual([403, expect.objectContaining({ error: 'Forbidden' })])
  })

  it('refuses to be started twice on the same state, naming the process', async () => {
    const { status, stderr } = await frost('network', 'up')
    expect(status).toBe(1)
    expect(stderr).toMatch(new RegExp(`runs from .* already \\(process ${up.pid}`))
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect((await frost('network', 'reset', '--yes')).stderr).toMatch(/stop it before it is reset/)
  })

  it('starts a crashed AppView anew', async () => {
    const { services } = JSON.parse((await frost('network', 'status', '--json')).stdout)
    const { pid } = services.find(({ name }: { name: string }) => name === 'appview')
    process.kill(pid, 'SIGKILL')
    await seen(({ event, service }) => event === 'restarted' && service === 'appview')
    const { appview } = await seen(({ event }) => event === 'ready')
    expect((await fetch(`${appview}/xrpc/_health`)).status).toBe(200)
  })

  it('stops within five seconds when told to, and nothing is left', async () => {
    const { services } = JSON.parse((await frost('network', 'status', '--json')).stdout)
    const pids = services.map(({ pid }: { pid: number }) => pid)
    expect(pids.every(isAlive)).toBe(true)
    const began = Date.now()
    const ended = new Promise(resolve => up.once('exit', resolve))
    up.kill('SIGINT')
    expect(await ended).toBe(0)
    expect(Date.now() - began).toBeLessThan(5_000)
    expect(pids.some(isAlive)).toBe(false)
    expect(JSON.parse((await frost('network', 'status', '--json')).stdout)).toMatchObject({ running: false })
  })

  it('is deleted when that is confirmed', async () => {
    expect((await frost('network', 'reset', '--yes')).status).toBe(0)
    expect(existsSync(join(folder, 'network'))).toBe(false)
  })
})
