import { spawn } from 'node:child_process'
import { FrostError } from '../errors.ts'

/** How long a command that is asked to end may take before it is killed. */
const GRACE_MILLISECONDS = 10_000

export interface CommandRun {
  /** Given to the shell. */
  readonly command: string
  /** Folder in which it runs. */
  readonly cwd?: string
  /** On standard input. */
  readonly input: string
  /** Beside the environment of this process. */
  readonly env: Readonly<Record<string, string>>
  /** Where its standard output goes: ours, or standard error where ours must hold JSON alone. */
  readonly stdout: 'stdout' | 'stderr'
  readonly signal: AbortSignal
}

/** Runs a command of the user's to its end. @throws FrostError CommandFailed with its exit status or signal */
export async function runCommand({ command, cwd, input, env, stdout, signal }: CommandRun): Promise<void> {
  const child = spawn(command, {
    shell: true,
    cwd,
    // A group of its own, so that what the shell started ends with it.
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['pipe', stdout === 'stdout' ? 1 : 2, 2],
  })
  const end = (name: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, name)
    } catch {
      // It has ended already.
    }
  }
  let killing: NodeJS.Timeout | undefined
  const stop = () => {
    end('SIGTERM')
    killing = setTimeout(() => end('SIGKILL'), GRACE_MILLISECONDS)
  }
  signal.addEventListener('abort', stop, { once: true })
  // A command need not read its input.
  child.stdin!.on('error', () => {})
  child.stdin!.end(input)
  try {
    const [code, killed] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (status, name) => resolve([status, name]))
    })
    if (code !== 0)
      throw new FrostError(
        'CommandFailed',
        `the command ended with ${killed ?? `status ${code}`}: ${command}`,
      )
  } finally {
    clearTimeout(killing)
    signal.removeEventListener('abort', stop)
  }
}
