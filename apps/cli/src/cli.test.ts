import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commands } from './commands.ts'

const bin = fileURLToPath(new URL('../bin/frost.js', import.meta.url))
const config = mkdtempSync(join(tmpdir(), 'frost-cli-'))

function frost(...args: string[]) {
  // Port 2 answers nowhere, so that no test talks to a network that happens to run here.
  const env = {
    ...process.env,
    FROST_CONFIG: config,
    FROST_APPVIEW_URL: 'http://127.0.0.1:2',
    NO_COLOR: '1',
    FROST_DATA: config,
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    env,
    encoding: 'utf8',
    input: '',
  })
  return { status, stdout, stderr }
}

describe('wrong usage exits with 2 and one line', () => {
  it.each([
    [['serch'], /unknown command 'serch'.*search/],
    [['search', '--limit', 'many'], /--limit is 'many'/],
    [['search', '--bbox', '1,2,3'], /--bbox is '1,2,3'.*west,south,east,north/],
    [['search', '--appview', 'ftp://x'], /--appview is 'ftp:\/\/x'/],
    [['release', 'x'], /--tag/],
    [['publish'], /URL of the data/],
    [['cite', 'a.test/b', '--style', 'mla'], /--style is 'mla'.*bibtex/],
    [['import', 'nothing', './x'], /'nothing'.*aws-open-data/],
    [['appview'], /needs an upstream/],
    [['resolve', 'no reference!'], /is no reference/],
    [['network', 'reset'], /--yes/],
    [['network', 'up', '--run'], /--run goes with --scenario icehub/],
  ])('%j', (args, message) => {
    const { status, stdout, stderr } = frost(...args)
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })
})

describe('failures exit with 1 and one line', () => {
  it.each([
    [['whoami'], /no account is signed in: run 'frost login HANDLE'/],
    [['search', 'x', '--json'], /AppView http:\/\/127\.0\.0\.1:2 cannot be reached/],
    [['logout'], /no account is signed in/],
  ])('%j', (args, message) => {
    const { status, stdout, stderr } = frost(...args)
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stdout).toBe('')
    expect(status).toBe(1)
  })
})

describe('help', () => {
  it.each(commands.map(({ name }) => name))('of %s has a usage line and an example', name => {
    const { status, stdout, stderr } = frost('help', name)
    expect(stdout).toContain(`Usage: frost ${name}`)
    expect(stdout).toMatch(/Examples?:\n {2}\$ /)
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })
})

it('--json prints JSON and nothing else', () => {
  const { status, stdout } = frost('whoami', '--all', '--json')
  expect(JSON.parse(stdout)).toEqual([])
  expect(status).toBe(0)
})
