import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { ReaderError } from '@frost/reader'
import type { Order } from '../job.ts'
import { type Bounds, type Death, deathError } from './death.ts'
import { type Frame, framesOf } from './frames.ts'
import { residentBytes } from './memory.ts'

export interface WorkerOptions {
  /** Of memory; more ends the process. */
  readonly bytes: number
  /** A folder of its own, for what it writes aside; removed when it is gone. */
  readonly folder: string
  /** Of what it writes there; more ends the process. */
  readonly disk: number
  /** What the process runs. */
  readonly script?: string
}

const SCRIPT = fileURLToPath(new URL('../worker/main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** Where the code lies: all that a worker may read of the disk. */
const CODE = ['apps/', 'packages/', 'node_modules/', 'package.json'].map(
  name => `--allow-fs-read=${ROOT}${name}`,
)
/** All that it knows of the environment: no secrets. */
const ENVIRONMENT = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'TZ']
/** After standard input, output and error. */
const PIPE = 3
const START_PATIENCE_MS = 60_000
const WATCH_MS = 25
const WATCH_DISK_MS = 500
/** A process is ended before it reaches its bound: memory is looked at from time to time only. */
const MEMORY_MARGIN = 0.75

/**
 * A process that does one job at a time. It knows no secrets, writes to a folder of its own only and starts no processes; it is
 * ended when it holds too much memory or disk, or does not stop when it is told to.
 */
export class WorkerProcess {
  /** Resolves once it takes jobs. @throws Error where it does not come up */
  readonly ready: Promise<void>
  /** Resolves when the process has ended. */
  readonly gone: Promise<Death>
  readonly #child: ChildProcess
  readonly #frames: AsyncGenerator<Frame>
  readonly #bounds: Omit<Bounds, 'seconds'>
  readonly #folder: string
  #killedFor?: Death['cause']
  #isGone = false
  #lastWords = ''
  jobs = 0

  constructor({ bytes, disk, folder, script = SCRIPT }: WorkerOptions) {
    this.#bounds = { bytes, disk }
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
    const heap = Math.round((bytes / 2 ** 20) * 0.5)
    const flags = [
      `--max-old-space-size=${heap}`,
      '--permission',
      ...CODE,
      `--allow-fs-read=${folder}/`,
      `--allow-fs-write=${folder}/`,
      '--allow-worker',
      '--allow-wasi',
      '--disable-warning=SecurityWarning',
      '--disable-warning=ExperimentalWarning',
    ]
    // No channel of messages: Node would gather what comes through it in this process, however much it is.
    this.#child = spawn(process.execPath, [...flags, script], {
      env: { ...Object.fromEntries(ENVIRONMENT.map(name => [name, process.env[name]])), TMPDIR: folder },
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    })
    this.#frames = framesOf(this.#child.stdio[PIPE] as Readable)
    this.#child.stdio[PIPE]!.on('error', () => {})
    this.#child.stdin!.on('error', () => {})
    this.#child.stderr!.on('data', (text: Buffer) => {
      this.#lastWords = (this.#lastWords + text.toString('latin1')).slice(-4_000)
    })
    this.gone = this.#ends()
    this.ready = this.#becomesReady()
    this.ready.catch(() => {})
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** Resident memory in bytes, where it is known. */
  get memory(): number | undefined {
    return this.pid === undefined ? undefined : residentBytes(this.pid)
  }

  kill(cause: Death['cause']): void {
    this.#killedFor ??= cause
    this.#child.kill('SIGKILL')
  }

  /** The next frame; undefined when there is none and will be none. */
  async frame(): Promise<Frame | undefined> {
    try {
      const { done, value } = await this.#frames.next()
      return done ? undefined : value
    } catch {
      this.kill('protocol')
      return undefined
    }
  }

  send(order: Order): void {
    if (!this.#isGone) this.#child.stdin!.write(`${JSON.stringify(order)}\n`)
  }

  async deathError(seconds: number): Promise<ReaderError> {
    const bounds: Bounds = { ...this.#bounds, seconds }
    return deathError(await this.gone, bounds)
  }

  /** Ends the process when it holds too much; until the function that is returned is called. */
  watch(): () => void {
    const most = this.#bounds.bytes * MEMORY_MARGIN
    const timers = [
      setInterval(() => {
        if ((this.memory ?? 0) > most) this.kill('memory')
      }, WATCH_MS),
      setInterval(() => {
        if (bytesIn(this.#folder) > this.#bounds.disk) this.kill('disk')
      }, WATCH_DISK_MS),
    ]
    return () => {
      for (const timer of timers) clearInterval(timer)
    }
  }

  async #ends(): Promise<Death> {
    const child = this.#child
    const silent = new Promise(resolve => child.stderr!.once('close', resolve))
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(resolve => {
      child.once('exit', (...how) => resolve(how))
      child.on('error', error => {
        this.#lastWords ||= error.message
        if (child.pid === undefined) resolve([null, null])
      })
    })
    this.#isGone = true
    if (child.pid !== undefined) await silent
    rmSync(this.#folder, { recursive: true, force: true })
    return { cause: this.#killedFor ?? 'crash', code, signal, lastWords: this.#lastWords }
  }

  async #becomesReady(): Promise<void> {
    const timer = setTimeout(() => this.kill('time'), START_PATIENCE_MS)
    const first = await this.frame()
    clearTimeout(timer)
    if (first?.kind === 'ready') return
    this.kill('protocol')
    const { code, signal, lastWords } = await this.gone
    throw new Error(`a worker did not start (${signal ?? `status ${code}`}): ${lastWords.slice(-500)}`)
  }
}

function bytesIn(folder: string): number {
  let sum = 0
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    sum += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  return sum
}
