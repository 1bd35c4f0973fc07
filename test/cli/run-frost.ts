import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../apps/cli/bin/frost.js', import.meta.url))

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output as the one JSON document that `--json` prints. */
  readonly json: Record<string, unknown>
}

export interface Frost {
  (
    args: readonly string[],
    options?: {
      input?: string
      onLine?: (line: string) => void
      signal?: AbortSignal
      env?: NodeJS.ProcessEnv
    },
  ): Promise<Ran>
  /** Its configuration folder. */
  readonly configDir: string
}

/** The real command with a configuration folder of its own, talking to a network in a box. */
export function frostFor(network: {
  readonly plcUrl: string
  readonly service: string
  readonly appviewUrl?: string
}): Frost {
  const configDir = mkdtempSync(join(tmpdir(), 'frost-cli-'))
  const env = {
    ...process.env,
    NO_COLOR: '1',
    FROST_CONFIG: configDir,
    FROST_PLC_URL: network.plcUrl,
    FROST_SERVICE: network.service,
    // Port 2 answers nowhere: a test without an AppView must not find another one.
    FROST_APPVIEW_URL: network.appviewUrl ?? 'http://127.0.0.1:2',
  }
  const run = (
    args: readonly string[],
    { input = '', onLine, signal, env: more }: Parameters<Frost>[1] = {},
  ) =>
    new Promise<Ran>((resolve, reject) => {
      const child = spawn(process.execPath, [bin, ...args], { env: { ...env, ...more } })
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', chunk => {
        stdout += chunk
      })
      child.stderr.on('data', chunk => {
        stderr += chunk
        for (const line of String(chunk).split('\n')) if (line) onLine?.(line)
      })
      signal?.addEventListener('abort', () => child.kill('SIGINT'))
      child.on('error', reject)
      child.on('close', status => {
        resolve({
          status,
          stdout,
          stderr,
          get json() {
            return JSON.parse(stdout) as Record<string, unknown>
          },
        })
      })
      child.stdin.end(input)
    })
  return Object.assign(run, { configDir })
}
