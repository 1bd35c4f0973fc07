/**
 * `npm run soak`: many seeds of the convergence test and a million honest commits. It can be stopped at any time and goes on
 * where it was; `--seeds=1-100`, `--commits=1000000`, `--state=data/soak.json`, `--fresh` to begin anew.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import '../../scripts/compile-cache.ts'
import { databaseServer } from '../index/engines.ts'
import { type Convergence, converge } from './converge.ts'
import { verifyHonestCommits } from './honest.ts'

const COMMITS_A_STEP = 10_000
/** A seed that takes longer hangs, in milliseconds. */
const LONGEST = 600_000

interface Outcome {
  readonly ok: boolean
  readonly said: string
}

interface State {
  /** Seed → what it came to, or why it failed. */
  readonly seeds: Record<string, Outcome>
  /** Seeds of {@link COMMITS_A_STEP} honest commits each → why one was refused; empty: none was. */
  readonly steps: Record<string, string>
}

const option = (name: string, otherwise: string): string =>
  process.argv.find(argument => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise

/** A process that tells seeds, kept until one fails, and the last of what it complained of. */
interface Runner {
  readonly child: ReturnType<typeof fork>
  words: string
}

let running: Runner | undefined

function startRunner(): Runner {
  const child = fork(import.meta.filename, ['--runner'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const runner: Runner = { child, words: '' }
  child.stderr!.on('data', chunk => {
    runner.words = (runner.words + chunk).slice(-2000)
  })
  child.once('exit', () => {
    if (running === runner) running = undefined
  })
  return runner
}

/** One seed in a process beside this one: what hangs or crashes there ends nothing here. */
async function runSeed(seed: number): Promise<Outcome> {
  running ??= startRunner()
  const runner = running
  const { child } = runner
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST)
  const waiting = new AbortController()
  const { signal } = waiting
  const outcome = Promise.race([
    once(child, 'message', { signal }).then(([said]) => said as Outcome),
    once(child, 'exit', { signal }).then(([code, by]) => ({
      ok: false,
      said: `its process ended with ${by ?? code}: ${runner.words}`,
    })),
  ])
  child.send(seed)
  try {
    const told = await outcome
    if (!told.ok) {
      running = undefined
      child.kill('SIGKILL')
    }
    return told
  } finally {
    clearTimeout(timer)
    waiting.abort()
  }
}

/** Runs one seed on a database server of its own, which has ended when this resolves. */
async function one(seed: number): Promise<Outcome> {
  const story: string[] = []
  await using server = await databaseServer()
  try {
    const database = () => server.create('soak')
    const result = await converge(seed, { database, log: line => story.push(line) })
    return { ok: true, said: inWords(result) }
  } catch (error) {
    return { ok: false, said: `${(error as Error).stack}\n${story.join('\n')}` }
  }
}

const inWords = ({ records, accounts, kills, lies, settledAfter }: Convergence) =>
  `${records} records of ${accounts} accounts, ${kills} kills, ${lies} lies, agreed ${settledAfter} ms after the last write`

function readState(path: string): State {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as State
  } catch {
    return { seeds: {}, steps: {} }
  }
}

async function soak(): Promise<void> {
  const path = option('state', 'data/soak.json')
  const [first, last] = option('seeds', '1-100').split('-').map(Number) as [number, number | undefined]
  const seeds = Array.from({ length: (last ?? first) - first + 1 }, (_, index) => first + index)
  const steps = Array.from(
    { length: Math.ceil(Number(option('commits', '1000000')) / COMMITS_A_STEP) },
    (_, index) => index + 1,
  )
  const state = process.argv.includes('--fresh') ? { seeds: {}, steps: {} } : readState(path)
  const save = () => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, JSON.stringify(state, undefined, 2))
    renameSync(`${path}.new`, path)
  }
  const finish = (): never => {
    save()
    const ended = seeds.flatMap(seed => state.seeds[seed] ?? [])
    const refused = Object.values(state.steps).filter(Boolean)
    const failed = ended.filter(({ ok }) => !ok).length
    console.log(
      `${ended.length - failed} of ${seeds.length} seeds agreed, ${failed} failed; ` +
        `${Object.keys(state.steps).length * COMMITS_A_STEP} honest commits, ${refused.length} refused`,
    )
    process.exit(failed + refused.length === 0 ? 0 : 1)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      running?.child.kill('SIGTERM')
      finish()
    })

  let step = 0
  for (const [place, seed] of seeds.entries()) {
    if (!state.seeds[seed]) {
      const { ok, said } = await runSeed(seed)
      state.seeds[seed] = { ok, said }
      console.log(`seed ${seed}: ${ok ? said : `FAILED, replay with FROST_SEEDS=${seed}: ${said}`}`)
      save()
    }
    for (; step < (steps.length * (place + 1)) / seeds.length; step++) verifyStep(steps[step]!, state, save)
  }
  finish()
}

function verifyStep(seed: number, state: State, save: () => void): void {
  if (state.steps[seed] !== undefined) return
  try {
    verifyHonestCommits({ seed, count: COMMITS_A_STEP })
    state.steps[seed] = ''
  } catch (error) {
    const { message, cause } = error as Error
    state.steps[seed] = `${message}: ${String(cause)}`
    console.log(`honest commit REFUSED: ${state.steps[seed]}`)
  }
  save()
}

if (process.argv.includes('--runner')) {
  process.on('message', async seed => process.send!(await one(seed as number)))
  process.once('disconnect', () => process.exit(0))
} else await soak()
