import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { authorityPattern, moveAuthority } from './authority.ts'
import { authorityOf, readLexicons } from './lexicon-files.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const authority = authorityOf(readLexicons(join(root, 'lexicons')))
const folders: string[] = []

/** A copy of what an authority's change touches and of what checks it, with the packages of the original. */
function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'frost-authority-'))
  folders.push(folder)
  mkdirSync(join(folder, 'docs'))
  for (const part of [
    'lexicons',
    'scripts',
    'packages/lexicon',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
  ])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

function run(folder: string, command: string, ...args: string[]): { status: number | null; said: string } {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV)/.test(name)),
  )
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, env, encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    if (['node_modules', 'generated'].includes(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesOf(path) : [path]
  })
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

describe('the authority', () => {
  it('is written in the lexicons and in what is generated from them, and nowhere else in the code', () => {
    const [first, ...others] = authority.split('.') as [string, ...string[]]
    const asFolder = [first, ...others].join('/')
    const asPattern = [first, ...others].join('\\.')
    const offenders = ['packages', 'apps', 'scripts', 'test', 'bench']
      .flatMap(part => filesOf(join(root, part)))
      .filter(path => /\.(tsx?|m?js|json)$/.test(path))
      .filter(path => {
        const text = readFileSync(path, 'utf8')
        return authorityPattern(authority).test(text) || text.includes(asFolder) || text.includes(asPattern)
      })
    expect(offenders).toEqual([])
  })

  it('changes in one command, after which types and tests hold', { timeout: 120_000 }, () => {
    const folder = copy()
    const moved = run(folder, process.execPath, 'scripts/set-authority.ts', 'org.example')
    expect(moved.said).toContain(`moved from ${authority} to org.example`)
    expect(moved.status).toBe(0)
    expect(readdirSync(join(folder, 'lexicons/org/example'))).toContain('authFull.json')
    const everything = ['lexicons', 'packages', 'docs'].flatMap(part => filesOf(join(folder, part)))
    const left = everything.filter(path => authorityPattern(authority).test(readFileSync(path, 'utf8')))
    expect(left).toEqual([])
    expect(run(folder, join(root, 'node_modules/.bin/tsc'))).toMatchObject({ status: 0 })
    const tests = run(
      folder,
      join(root, 'node_modules/.bin/vitest'),
      'run',
      'packages/lexicon',
      'scripts/lexicon-docs',
    )
    expect(tests.said).toMatch(/Tests .*\d+ passed/)
    expect(tests).toMatchObject({ status: 0 })
  })

  it('moves there and back without a change', () => {
    const folder = copy()
    const lexicons = join(folder, 'lexicons')
    const texts = () => filesOf(lexicons).map(path => [path, readFileSync(path, 'utf8')])
    const before = texts()
    for (const to of [`${authority}.trial`, 'org.my-site', authority]) moveAuthority(lexicons, to)
    expect(texts()).toEqual(before)
  })

  it.each(['frost', 'org.', 'Org.Example', 'org.ex ample', '1.example', authority, 'com.atproto'])(
    'refuses %j and leaves everything as it was',
    wanted => {
      const folder = copy()
      const before = filesOf(folder)
      expect(() => moveAuthority(join(folder, 'lexicons'), wanted)).toThrow(`'${wanted}'`)
      expect(filesOf(folder)).toEqual(before)
    },
  )
})
