import { readdir, readFile, readlink } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { FrostError } from '@frost/client/errors'

/** A port that a service of the network is going to listen on, and the variable that moves it. */
export interface PortUse {
  readonly service: string
  readonly variable: string
  readonly port: number
}

/** @throws FrostError for the first port that is taken; it names the port, its holder where known, and the remedy. */
export async function assertFree(uses: readonly PortUse[], host = '127.0.0.1'): Promise<void> {
  for (const { service, variable, port } of uses) {
    if (port === 0 || (await isFree(port, host))) continue
    const pid = await holderOf(port)
    throw new FrostError(
      'PortInUse',
      `port ${port} (${service}) is in use${pid ? ` by process ${pid}` : ''}: stop it, or set ${variable} to a free port`,
    )
  }
}

/** A port that nothing listens on. */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** True where a server could listen on `port`. */
export function isFree(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

/** The process that listens on a TCP port, from /proc (Linux); undefined where it cannot be known. */
export async function holderOf(port: number): Promise<number | undefined> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1)
    for (const line of lines) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      const LISTEN = '0A'
      if (state === LISTEN && local?.endsWith(`:${wanted}`) && inode) inodes.add(`socket:[${inode}]`)
    }
  }
  if (inodes.size === 0) return undefined
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
      if (inodes.has(target)) return Number(pid)
    }
  }
  return undefined
}
