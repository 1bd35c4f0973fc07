/** What docs/ladder.md tells people to do, done: its blocks, one after the other, in one shell. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from './free-port.ts'
import { type Stand, stand } from './stand.ts'

const bin = fileURLToPath(new URL('../apps/cli/bin/frost.js', import.meta.url))
const page = readFileSync(new URL('../docs/ladder.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text!)

let world: Stand
let folder: string
beforeAll(async () => {
  world = await stand()
  folder = mkdtempSync(join(tmpdir(), 'frost-ladder-page-'))
}, 60_000)
afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

it('docs/ladder.md climbs the five steps, by commands that work', { timeout: 180_000 }, async () => {
  expect([...page.matchAll(/^## \d\. (.+)$/gm)].map(([, title]) => title)).toEqual([
    'Hello World',
    'Related data',
    'Leader-Follower',
    'Cross-Org Catalog',
    'Cross-Org Follower',
  ])
  const { network, appview } = world
  const portOf = (url: string) => new URL(url).port
  const ports: Record<string, string> = {
    4181: portOf(appview.url),
    4183: portOf(network.plcUrl),
    4184: portOf(network.relayUrl),
    4185: portOf(network.pds('icehub').url),
    4186: portOf(network.pds('icebucket').url),
    4281: String(await freePort()),
  }
  // The last block stops and forgets: what it stops is asked about first.
  const last = blocks.pop()!
  const asked = `curl -sf http://127.0.0.1:4281/xrpc/${nsid('service.describeService')} > hub.json`
  const script = ['set -e', 'mkdir -p ladder', ...blocks, asked, last]
    .join('\n')
    .replaceAll(/\b4(?:18[1-6]|281)\b/g, port => ports[port]!)
    .replaceAll('npx frost', `"${process.execPath}" "${bin}"`)
  const { status, said } = await shell(script, {
    ...process.env,
    NO_COLOR: '1',
    FROST_PLC_PORT: ports[4183],
    FROST_PDS_PORT: ports[4185],
  })
  expect({ status, said: status === 0 ? '' : said }).toEqual({ status: 0, said: '' })
  for (const [, title] of page.matchAll(/--title "([^"]+)"/g)) expect(said).toContain(title)

  // The last that was asked was IceHub's AppView; IceBucket's comes to the same.
  const hub = JSON.parse(readFileSync(join(folder, 'hub.json'), 'utf8')) as { digests: object }
  await world.until(
    () => world.ask<{ digests: object }>('service.describeService'),
    ({ digests }) => isDeepStrictEqual(digests, hub.digests),
  )
  const { versions } = await world.ask<{ versions: { record: { version: string } }[] }>(
    'dataset.listVersions',
    { entry: await heatwaves() },
  )
  expect(versions.map(({ record }) => record.version)).toEqual(['v3', 'v2'])
})

async function heatwaves(): Promise<string> {
  const { uri } = await world.ask<{ uri: string }>('dataset.resolveEntry', {
    id: 'space.icehub.test/heatwaves',
  })
  return uri
}

function shell(script: string, env: NodeJS.ProcessEnv): Promise<{ status: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    // A group of its own: what a failure leaves in the background ends with it.
    const child = spawn('bash', ['-c', script], {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.on('exit', status => {
      if (status !== 0) process.kill(-child.pid!, 'SIGKILL')
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += chunk))
    child.on('error', reject)
    child.on('close', status => resolve({ status, said }))
  })
}
