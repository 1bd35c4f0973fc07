import { type ChildProcess, fork } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, renameSync, type WriteStream } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { FrostError } from '@frost/client/errors'

/** What a service says of itself once it serves: `{ready: true, …}` over the process's IPC channel. */
export type Ready = { readonly ready: true; readonly url?: string } & Readonly<Record<string, unknown>>

export interface ServiceOptions {
  readonly name: string
  /** File that is run, and the flags that Node needs for it. */
  readonly script: string
  readonly execArgv?: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly logFile: string
  /** Milliseconds until the service must have said that it is ready. */
  readonly patience: number
  /** Called when the service ends without having been told to. */
  onCrash(reason: string): void
  /** Called for each line the service prints. */
  onLine?(line: string): void
}

/** Where this process keeps compiled code; each version of Node has a folder of its own in it. */
function compiledIn(): string | undefined {
  const own = getCompileCacheDir()
  return own && dirname(own)
}

/** A child process that says when it is ready, whose output goes to a log, and which can be stopped within a time. */
export class Service {
  readonly name: string
  readonly #options: ServiceOptions
  #child?: ChildProcess
  #stopping = false
  #asked = 0
  #lastLines: string[] = []

  constructor(options: ServiceOptions) {
    this.name = options.name
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** @throws FrostError with the service's last words, where it ends or stays silent instead of becoming ready. */
  start(): Promise<Ready> {
    const { script, execArgv = [], env, patience } = this.#options
    // Its own process group: Ctrl-C reaches the supervisor alone, which stops services in order.
    const child = fork(script, {
      env: { ...env, NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE ?? compiledIn() },
      execArgv: [...execArgv],
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#lastLines = []
    const log = openLog(this.#options.logFile)
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', line => this.#record(line, log))
    }
    return new Promise<Ready>((resolve, reject) => {
      let settled = false
      const fail = (reason: string) => {
        if (settled) return
        settled = true
        clearTimeout(timer)
        reject(
          new FrostError(
            'ServiceFailed',
            `${this.name} ${reason}${this.#lastWords()} (log: ${this.#options.logFile})`,
          ),
        )
      }
      const timer = setTimeout(() => fail(`was not ready within ${patience / 1000} s`), patience)
      child.on('message', message => {
        if (settled || (message as Partial<Ready> | null)?.ready !== true) return
        settled = true
        clearTimeout(timer)
        resolve(message as Ready)
      })
      child.on('error', error => fail(`cannot be started: ${error.message}`))
      // 'close' comes after the last output, so that the last words are known.
      child.on('close', (code, signal) => {
        log.end()
        const reason = signal ? `was ended by ${signal}` : `ended with status ${code}`
        if (!settled) fail(reason)
        else if (!this.#stopping && child === this.#child)
          this.#options.onCrash(`${reason}${this.#lastWords()}`)
      })
    })
  }

  /** Asks something of the service by IPC. @throws FrostError with what it answers where it refuses, or once it has ended */
  ask<Answer>(call: string, ...given: readonly string[]): Promise<Answer> {
    const child = this.#child
    const id = this.#asked++
    return new Promise((resolve, reject) => {
      const end = () => {
        child?.off('message', hear)
        child?.off('exit', gone)
      }
      const hear = (message: unknown) => {
        const said = message as { id?: unknown; answer?: Answer; error?: string } | null
        if (said?.id !== id) return
        end()
        if (said.error === undefined) resolve(said.answer as Answer)
        else reject(new FrostError('ServiceFailed', `${this.name}: ${said.error}`))
      }
      const gone = () => {
        end()
        reject(new FrostError('ServiceFailed', `${this.name} has ended`))
      }
      if (!child?.connected) return gone()
      child.on('message', hear)
      child.once('exit', gone)
      child.send({ call, given, id })
    })
  }

  /** Asks the service to stop and ends it where it has not done so after `patience` milliseconds. */
  async stop(patience: number): Promise<void> {
    this.#stopping = true
    const child = this.#child
    if (!child || !this.isRunning) return
    const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    const timer = setTimeout(() => {
      // The group, so that workers of the service go with it.
      try {
        process.kill(-child.pid!, 'SIGKILL')
      } catch {
        child.kill('SIGKILL')
      }
    }, patience)
    await ended
    clearTimeout(timer)
    if (child.connected) child.disconnect()
  }

  #record(line: string, log: WriteStream): void {
    log.write(`${line}\n`)
    this.#lastLines = [...this.#lastLines.slice(-19), line]
    this.#options.onLine?.(line)
  }

  /** The line that most likely says why: the last that names an error, else the last that is no part of a stack. */
  #lastWords(): string {
    const lines = this.#lastLines.map(messageOf)
    const line =
      lines.findLast(text => /^(\w*Error\b|\w+: )/.test(text)) ??
      lines.findLast(text => text.trim() !== '' && !/^\s+at |^Node\.js v|^\s*[}\]]/.test(text))
    return line ? `: ${line.slice(0, 300)}` : ''
  }
}

/** The message of a structured log line; other lines as they are. */
function messageOf(line: string): string {
  if (!line.startsWith('{"')) return line
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } }
    return [msg, err?.message].filter(Boolean).join(': ')
  } catch {
    return line
  }
}

/** Appends to a log, whose former content is kept as `.1` when it has grown beyond 10 MB. */
function openLog(path: string): WriteStream {
  mkdirSync(dirname(path), { recursive: true })
  const stream = createWriteStream(path, { flags: 'a' })
  stream.on('error', () => undefined)
  return stream
}

const MAX_LOG_BYTES = 10 * 1024 * 1024

/** Puts a log aside where it has grown beyond 10 MB; called before services start. */
export function rotateLog(path: string, size: (path: string) => number): void {
  if (existsSync(path) && size(path) > MAX_LOG_BYTES) renameSync(path, `${path}.1`)
}
