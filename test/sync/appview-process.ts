import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { askXrpc } from '../stand.ts'

const script = fileURLToPath(new URL('../../apps/appview/src/main.ts', import.meta.url))

export interface ServiceState {
  readonly seq: number
  readonly counts: Readonly<Record<string, number>>
  readonly digests: Readonly<Record<string, string>>
  readonly upstreams: readonly { readonly url: string; readonly cursor?: number }[]
}

/** An AppView as a process of its own, so that it can be killed. */
export class AppViewProcess {
  readonly name: string
  /** Folder of its index. */
  readonly indexDir: string
  readonly databaseUrl: string | undefined
  readonly #env: Record<string, string>
  #child: ChildProcess | undefined
  #url = ''
  #starting: Promise<void> | undefined
  /** How often it was killed. */
  kills = 0
  /** The last that it logged as a warning or worse. */
  readonly complaints: string[] = []

  constructor(name: string, dataDir: string, env: Record<string, string>) {
    this.name = name
    this.indexDir = `${dataDir}/appview`
    this.databaseUrl = env.FROST_DATABASE_URL
    this.#env = { ...env, FROST_DATA: dataDir }
  }

  get url(): string {
    return this.#url
  }

  /** Starts it, if it does not run; resolves when it answers, or when it was killed before it did. */
  start(env: Record<string, string> = {}): Promise<void> {
    if (this.#child && this.#starting) return this.#starting
    const child = spawn(process.execPath, [script], {
      env: {
        ...process.env,
        FROST_APPVIEW_PORT: '0',
        FROST_LOG_LEVEL: 'warn',
        NODE_ENV: 'production',
        ...this.#env,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    const note = (chunk: Buffer) => {
      this.complaints.push(chunk.toString())
      if (this.complaints.length > 200) this.complaints.shift()
    }
    child.stdout!.on('data', note)
    child.stderr!.on('data', note)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    child.once('message', message => {
      this.#url = (message as { url: string }).url
      resolve()
    })
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve()
      else
        reject(new Error(`AppView '${this.name}' ended with ${code ?? signal}: ${this.complaints.join('')}`))
    })
    this.#starting = promise
    // Whoever waits for it is told; an end that nobody waits for is seen by the next question.
    promise.catch(() => {})
    return promise
  }

  /** Resolves when the last start is done. */
  async started(): Promise<void> {
    await this.#starting
  }

  /** `SIGKILL`: it has no time for anything. */
  async kill(): Promise<void> {
    this.kills++
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  state(): Promise<ServiceState> {
    return askXrpc<ServiceState>(this.#url, 'service.describeService', {})
  }

  /** What became of the events that it took, and of its looks at what upstreams list: `outcome count`. */
  async outcomes(): Promise<string[]> {
    const text = await (await fetch(`${this.#url}/metrics`)).text()
    return Array.from(
      text.matchAll(/^frost_sync_events_total{outcome="(.+)"} (.+)$/gm),
      ([, outcome, count]) => `${outcome} ${count}`,
    )
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (!child) return
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit')
      child.kill(signal)
      await gone
    }
    // Whoever asked for its end at the same time may have started the next already.
    if (this.#child === child) this.#child = undefined
  }
}
