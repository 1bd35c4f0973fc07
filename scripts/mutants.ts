/**
 * `npm run mutants`: makes one deliberate bug after the other in a copy of the repository and runs the tests that must notice.
 * Fails if one is not noticed. `--list` names them; `--only=name,name` takes some.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import './compile-cache.ts'
import { mutants } from './mutants/all.ts'
import { Copy } from './mutants/copy.ts'
import { type Mutant, mutated } from './mutants/mutant.ts'

/** Tests that go on longer than this, in milliseconds, hang: a bug that stops everything is noticed too. */
const LONGEST = 300_000

type Verdict =
  | { readonly kind: 'passed' | 'hung' }
  | { readonly kind: 'failed'; readonly by: string }
  /** The tests did not run: that says nothing. */
  | { readonly kind: 'unjudged'; readonly why: string }

interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

function run({ folder }: Copy, tests: readonly string[], named?: string): Verdict {
  const report = join(folder, 'mutants-report.json')
  rmSync(report, { force: true })
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs')
  const options = ['--maxWorkers=1', '--bail=1', '--reporter=json', `--outputFile=${report}`]
  const { status, signal, stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', ...options, ...(named ? ['-t', named] : []), ...tests],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], timeout: LONGEST, killSignal: 'SIGKILL' },
  )
  if (status === 0)
    return ranAny(report) ? { kind: 'passed' } : { kind: 'unjudged', why: `no test is named '${named}'` }
  if (signal === 'SIGKILL') return { kind: 'hung' }
  const by = existsSync(report) ? firstFailure(report, folder) : undefined
  if (by !== undefined) return { kind: 'failed', by }
  // A file that does not load is no test that noticed.
  return {
    kind: 'unjudged',
    why: stderr.toString().trim().slice(-500) || `vitest ended with ${signal ?? status}`,
  }
}

function ranAny(report: string): boolean {
  return (JSON.parse(readFileSync(report, 'utf8')) as Report).numPassedTests > 0
}

function inWords(verdict: Verdict): string {
  if (verdict.kind === 'failed') return verdict.by
  if (verdict.kind === 'unjudged') return verdict.why
  return verdict.kind === 'hung' ? 'the tests hang' : 'the tests pass'
}

function firstFailure(report: string, folder: string): string | undefined {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    if (failed) return `${relative(folder, name)}: ${failed.fullName}`
  }
  return undefined
}

/** Puts the bug into the copy while the work goes on. */
function withMutant<T>({ folder }: Copy, mutant: Mutant, work: () => T): T {
  const path = join(folder, mutant.file)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, mutated(text, mutant))
  try {
    return work()
  } finally {
    writeFileSync(path, text)
  }
}

/** The tests of all of them must pass while there is no bug: otherwise a failure says nothing. */
function checkSound(copy: Copy, chosen: readonly Mutant[]): boolean {
  const groups = new Map<string | undefined, Set<string>>()
  for (const { tests, named } of chosen) {
    const group = groups.get(named) ?? new Set()
    for (const test of tests) group.add(test)
    groups.set(named, group)
  }
  for (const [named, tests] of groups) {
    const verdict = run(copy, [...tests], named)
    if (verdict.kind === 'passed') continue
    console.log(`without any mutant the tests fail: ${inWords(verdict)}`)
    return false
  }
  return true
}

function main(): number {
  const only = process.argv
    .find(argument => argument.startsWith('--only='))
    ?.slice('--only='.length)
    .split(',')
  const unknown = only?.filter(name => !mutants.some(mutant => mutant.name === name)) ?? []
  if (unknown.length > 0) {
    console.log(`there is no mutant '${unknown.join("', '")}': --list names them`)
    return 1
  }
  const chosen = mutants.filter(({ name }) => !only || only.includes(name))
  if (process.argv.includes('--list')) {
    for (const { name, file, bug } of chosen) console.log(`${name}  (${file})\n    ${bug}`)
    return 0
  }
  using copy = new Copy(resolve(import.meta.dirname, '..'))
  if (!checkSound(copy, chosen)) return 1
  console.log('without any mutant the tests pass')
  const survivors: string[] = []
  for (const mutant of chosen) {
    try {
      const verdict = withMutant(copy, mutant, () => run(copy, mutant.tests, mutant.named))
      const isKilled = verdict.kind === 'failed' || verdict.kind === 'hung'
      if (!isKilled) survivors.push(mutant.name)
      const said = isKilled ? 'killed  ' : verdict.kind === 'passed' ? 'SURVIVED' : 'UNJUDGED'
      console.log(`${said} ${mutant.name}: ${verdict.kind === 'passed' ? mutant.bug : inWords(verdict)}`)
    } catch (error) {
      survivors.push(mutant.name)
      console.log(`SURVIVED ${(error as Error).message}`)
    }
  }
  console.log(
    `\n${chosen.length - survivors.length} of ${chosen.length} mutants killed${survivors.map(name => `\n  survived: ${name}`).join('')}`,
  )
  return survivors.length === 0 ? 0 : 1
}

process.exitCode = main()
