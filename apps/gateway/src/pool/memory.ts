import { readFileSync } from 'node:fs'

/** Bytes of memory that a process holds (resident), where the system tells it (Linux); undefined elsewhere and of the dead. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}
