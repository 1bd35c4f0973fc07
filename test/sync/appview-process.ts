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
  readonly dataDir: string
  readonly #env: Record<string, string>
  #child: ChildProcess | undefined
  #url = ''
  /** Lines of its log that say warn or worse. */
  readonly complaints: string[] = []

  constructor(name: string, dataDir: string, env: Record<string, string>) {
    this.name = name
    this.dataDir = dataDir
    this.#env = env
  }

  get url(): string {
    return this.#url
  }

  async start(env: Record<string, string> = {}): Promise<void> {
    const child = spawn(process.execPath, [script], {
      env: {
        ...process.env,
        FROST_APPVIEW_PORT: '0',
        FROST_DATA: this.dataDir,
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
    const ready = await Promise.race([
      once(child, 'message').then(([message]) => message as { url: string }),
      once(child, 'exit').then(([code]) => {
        throw new Error(`AppView '${this.name}' ended with ${code}: ${this.complaints.join('')}`)
      }),
    ])
    this.#url = ready.url
  }

  /** `SIGKILL`: it has no time for anything. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  state(): Promise<ServiceState> {
    return askXrpc<ServiceState>(this.#url, 'service.describeService', {})
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
}
