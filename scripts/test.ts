/** The whole suite: type check, lint, then every test; its last line says how many passed and failed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import './compile-cache.ts'

interface VitestSummary {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numFailedTestSuites: number
  success: boolean
}

const folder = mkdtempSync(join(tmpdir(), 'frost-test-'))
const report = join(folder, 'report.json')

function run(command: string, args: string[]): boolean {
  console.log(`\n> ${command} ${args.filter(arg => !arg.includes(folder)).join(' ')}`)
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}

function summary(): VitestSummary | undefined {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as VitestSummary
  } catch {
    return undefined
  }
}

const chosen = process.argv.slice(2)
const checks = [run('tsc', []), run('biome', ['check', '.'])]
const ran = run('vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...chosen,
])
const tests = summary()
rmSync(folder, { recursive: true, force: true })

const passedChecks = checks.filter(Boolean).length
const passed = (tests?.numPassedTests ?? 0) + passedChecks
// A file that could not be loaded, or an error outside every test, fails the run though no single test did.
const failedTests = tests?.numFailedTests ?? 0
const failed = checks.length - passedChecks + (ran ? failedTests : Math.max(1, failedTests))
console.log(`\n${passed} passed, ${failed} failed, ${tests?.numPendingTests ?? 0} skipped`)
process.exit(failed === 0 ? 0 : 1)
