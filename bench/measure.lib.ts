/** What benches share: command-line options, time and processor time, percentiles. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** `--name=value` on the command line, or an environment variable. */
export function option(name: string, variable?: string): string | undefined {
  const given = process.argv.find(argument => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
  return given ?? (variable === undefined ? undefined : process.env[variable])
}

export function numberOption(name: string, otherwise: number): number {
  const given = option(name)
  if (given === undefined) return otherwise
  const value = Number(given)
  if (!Number.isFinite(value) || value < 0)
    throw new Error(`--${name}=${given}: give a number, such as ${otherwise}`)
  return value
}

/** Milliseconds on the clock, and of all threads of this process on the processor. */
export interface Cost {
  readonly wall: number
  readonly cpu: number
}

/** A clock that is read by calling it. */
export function clock(): () => Cost {
  const cpu = process.cpuUsage()
  const wall = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { wall: performance.now() - wall, cpu: (user + system) / 1000 }
  }
}

export async function measured(work: () => unknown): Promise<Cost> {
  const read = clock()
  await work()
  return read()
}

export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!
}

export const round = (value: number, digits = 2): number => Math.round(value * 10 ** digits) / 10 ** digits

/** Bytes of this process's memory that are no file's: pages of mapped files are the system's to take back. All of it where Linux does not tell. */
export function ownMemory(): number {
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : ''
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]
  return kilobytes === undefined ? process.memoryUsage.rss() : Number(kilobytes) * 1024
}

/** Bytes of all files in a folder. */
export function bytesIn(folder: string): number {
  let bytes = 0
  for (const item of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (item.isFile()) bytes += statSync(join(item.parentPath, item.name)).size
  return bytes
}
