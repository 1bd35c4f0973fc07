/** What docs/publishing.md tells people to do, done. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frostFor } from './cli/run-frost.ts'
import { type Stand, stand } from './stand.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(new URL('../docs/publishing.md', import.meta.url), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text!)
const commands = blocks('sh').flatMap(block => block.replaceAll('\\\n', '').trim().split('\n'))

/** The words of a command line that holds plain words and quoted ones. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare!,
  )
}

function runScript(script: string, env: NodeJS.ProcessEnv): Promise<{ status: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, env })
    let said = ''
    child.stdout.on('data', chunk => (said += chunk))
    child.stderr.on('data', chunk => (said += chunk))
    child.on('error', reject)
    child.on('close', status => resolve({ status, said }))
  })
}

describe('docs/publishing.md', () => {
  let world: Stand
  let account: Awaited<ReturnType<Stand['network']['createAccount']>>
  beforeAll(async () => {
    world = await stand()
    account = await world.network.createAccount({ handle: 'demo-ada.icehub.test' })
  })
  afterAll(() => world?.[Symbol.asyncDispose]())

  it('gives commands that work, one after the other', { timeout: 120_000 }, async () => {
    expect(commands.length).toBeGreaterThan(9)
    const frost = frostFor({
      plcUrl: world.network.plcUrl,
      service: account.service,
      appviewUrl: world.appview.url,
    })
    for (const line of commands) {
      const [npx, name, ...args] = wordsOf(line)
      expect([npx, name]).toEqual(['npx', 'frost'])
      const input = args[0] === 'login' ? `${account.password}\n` : ''
      const { status, stderr } = await frost(args, { input })
      expect({ line, status, stderr: status === 0 ? '' : stderr }).toEqual({ line, status: 0, stderr: '' })
    }
  })

  it('gives a script for the stock client whose dataset is then found', async () => {
    const [script] = blocks('js')
    const { status, said } = await runScript(script!, {
      ...process.env,
      PDS: account.service,
      HANDLE: account.handle,
      APP_PASSWORD: account.password,
    })
    expect({ status, said }).toMatchObject({
      status: 0,
      said: expect.stringContaining(`at://${account.did}/`),
    })
    const search = () =>
      world.ask<{ total: number }>('dataset.searchEntries', {
        q: 'ferrybox',
        variable: 'salinity',
        license: 'CC-BY-4.0',
      })
    expect((await world.until(search, ({ total }) => total > 0)).total).toBe(1)
  })
})
