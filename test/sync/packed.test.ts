/** Whoever takes `packages/sync` as a library, outside this repository, can use it as its README says. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packSync } from '../../scripts/pack-sync.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = join(root, 'node_modules')

describe('packages/sync, packed', () => {
  let project: string

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'frost-packed-'))
    const target = join(project, 'packed')
    packSync(target)
    const tarball = execFileSync('npm', ['pack', '--silent', '--offline', target], {
      cwd: project,
      encoding: 'utf8',
    })
    const installed = join(project, 'node_modules/@frost/sync')
    mkdirSync(installed, { recursive: true })
    execFileSync('tar', ['xf', tarball.trim(), '--strip-components=1', '-C', installed], { cwd: project })
    rmSync(target, { recursive: true })
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types']) {
      const place = join(project, 'node_modules', name)
      mkdirSync(dirname(place), { recursive: true })
      symlinkSync(join(packages, name), place)
    }
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  })
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  it('runs as plain JavaScript and says where it stands', () => {
    writeFileSync(
      join(project, 'main.js'),
      `import { createConsumer, MemoryStore } from '@frost/sync'
import { isTid } from '@frost/sync/tid'
const consumer = createConsumer({ store: new MemoryStore(), upstreams: [], collections: () => true, collectionNames: [] })
console.log(JSON.stringify([consumer.status().queued, isTid('3kznmn7xqxl22')]))
await consumer.stop()
`,
    )
    expect(execFileSync(process.execPath, ['main.js'], { cwd: project, encoding: 'utf8' })).toBe('[0,true]\n')
  })

  it('has types by which the example of the README is checked, and a mistake in it found', () => {
    const readme = readFileSync(join(project, 'node_modules/@frost/sync/README.md'), 'utf8')
    const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? []
    const check = (code: string) => {
      writeFileSync(join(project, 'main.ts'), code)
      const compiler = join(packages, 'typescript/bin/tsc')
      const strict = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--types', 'node']
      const options = [...strict, '--module', 'nodenext', '--target', 'es2024', '--preserveSymlinks']
      try {
        return execFileSync(process.execPath, [compiler, ...options, 'main.ts'], {
          cwd: project,
          encoding: 'utf8',
        })
      } catch (error) {
        return String((error as { stdout?: unknown }).stdout)
      }
    }
    expect(check(example)).toBe('')
    expect(check(example.replace('event.changes', 'event.chances'))).toContain('chances')
  })
})
