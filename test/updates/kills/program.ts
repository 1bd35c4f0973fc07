import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program that is killed with `SIGKILL` at any moment and started again; one that ends by itself is started again too. */
export class Program {
  readonly #args: readonly string[]
  readonly #options: { readonly cwd?: string; readonly env: NodeJS.ProcessEnv }
  #child: ChildProcess | undefined
  #isWanted = false
  /** The last that it said. */
  said = ''

  constructor(args: readonly string[], options: { cwd?: string; env: NodeJS.ProcessEnv }) {
    this.#args = args
    this.#options = options
  }

  start(): void {
    this.#isWanted = true
    // A group of its own: commands that it runs are killed with it.
    const child = spawn(process.execPath, this.#args, {
      ...this.#options,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        this.said = (this.said + chunk).slice(-4000)
      })
    child.once('exit', () => {
      if (this.#child === child && this.#isWanted) this.start()
    })
  }

  async kill(): Promise<void> {
    this.#isWanted = false
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    process.kill(-child.pid!, 'SIGKILL')
    await gone
  }
}
