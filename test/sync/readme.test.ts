/** What the README of packages/sync says is so. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testNetwork } from '@frost/network/testing'
import { DEFAULT_LIMITS } from '@frost/sync'
import { describe, expect, it } from 'vitest'
import { newAccount } from '../stand.ts'
import { put, THING } from './told-history.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, 'packages/sync')
const readme = readFileSync(join(folder, 'README.md'), 'utf8')

describe('the README of sync', () => {
  it('has an example of 15 lines that runs, and ends when it is told to', async () => {
    const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? []
    expect(example.trim().split('\n').length).toBeLessThanOrEqual(15)
    expect(example).toContain(`'${THING}'`)
    await using network = await testNetwork()
    const writer = await newAccount(network, 'reader')
    await put(writer, 'before')
    await network.relay.settled()
    const upstreams = "upstreams: ['wss://relay.example.org'],"
    expect(example).toContain(upstreams)
    const local = `upstreams: ['${network.relayUrl}'], plcUrl: '${network.plcUrl}', allowLoopbackHttp: true,`
    const code = example.replace(upstreams, local)
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    let news = Promise.withResolvers<void>()
    child.stdout.on('data', text => {
      printed += text
      news.resolve()
    })
    let complaints = ''
    child.stderr.on('data', text => {
      complaints += text
    })
    const ended = new Promise<number | null>(resolve => child.on('close', resolve))
    const prints = async (line: string) => {
      while (!printed.includes(`${line}\n`)) {
        news = Promise.withResolvers()
        await Promise.race([news.promise, ended.then(() => Promise.reject(new Error(complaints)))])
      }
    }
    try {
      await prints(`create ${writer.did} before`)
      await put(writer, 'after')
      await put(writer, 'before', { again: true })
      await prints(`update ${writer.did} before`)
      expect(printed).toContain(`create ${writer.did} after`)
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('names every limit with its default', () => {
    const table = readme.slice(readme.indexOf('## Limits'), readme.indexOf('## What can be watched'))
    const named = new Map<string, string>()
    for (const [, names = '', values = ''] of table.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| ([\d,; ]+) \|/gm))
      for (const [index, name] of names.split(', ').entries())
        named.set(name.replaceAll('`', ''), values.split('; ')[index]!.replaceAll(',', '').trim())
    const defaults = Object.entries(DEFAULT_LIMITS).map(([name, value]) => [name, String(value)])
    expect([...named].sort()).toEqual(defaults.sort())
  })

  it('says truly on what it stands: nothing of FROST, and no package that it does not name', () => {
    const files = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    const packages = new Set<string>()
    for (const file of files.filter(name => name.endsWith('.ts') && !/\.test\.|^testing\//.test(name))) {
      const text = readFileSync(join(folder, 'src', file), 'utf8')
      for (const [, name = ''] of text.matchAll(/(?:from|import\() ?'([^'.][^']*)'/g))
        if (!name.startsWith('node:')) packages.add(name)
    }
    expect([...packages].sort()).toEqual(['@atcute/cbor', 'secp256k1', 'ws'])
    for (const name of packages) expect(readme).toContain(`\`${name}\``)
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining([...packages]))
    expect(Object.keys(dependencies).filter(name => name.startsWith('@frost/'))).toEqual([])
  })

  it('names in its table of counters every one that is counted', () => {
    const table = readme.slice(readme.indexOf('## What can be watched'), readme.indexOf('## Beside others'))
    const files = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    const counted = files
      .filter(name => name.endsWith('.ts') && !name.includes('.test.'))
      .flatMap(name => [
        ...readFileSync(join(folder, 'src', name), 'utf8').matchAll(/\b(?:add|count)\(['`]([a-z-]+)/g),
      ])
      .map(([, name]) => name!)
    expect(counted.length).toBeGreaterThan(20)
    for (const name of new Set(counted)) expect(table).toMatch(new RegExp(`\`${name}[.\`]`))
  })

  it('regression: names every reason for which a repository is fetched again', () => {
    const row = readme.split('\n').find(line => line.startsWith('| `desynchronized.REASON`'))
    const sources = readdirSync(join(folder, 'src')).filter(name => /^[^.]+\.ts$/.test(name))
    const reasons = sources.flatMap(name => [
      ...readFileSync(join(folder, 'src', name), 'utf8').matchAll(/desynchronized?[.(]'?([a-z-]+)'/g),
    ])
    expect(reasons.length).toBeGreaterThan(10)
    for (const [, reason] of reasons) expect(row).toContain(`\`${reason}\``)
  })
})
