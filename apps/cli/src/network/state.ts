import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FrostError, UsageError } from '@frost/client/errors'
import { readJson, writeJson } from '@frost/client/files'

/** What `frost network up` leaves in the data folder while it runs, for `status` and for a second `up`. */
export interface NetworkState {
  readonly pid: number
  readonly startedAt: string
  readonly services: Readonly<Record<string, { readonly pid?: number; readonly url?: string }>>
}

const STATE_FILE = 'network.json'
const MARKER_FILE = '.frost-network'
const MARKER = 'State of a FROST network on this machine. `frost network reset` deletes this folder.\n'

/** The state of a network that runs from `dataDir`; undefined where none does. */
export async function runningNetwork(dataDir: string): Promise<NetworkState | undefined> {
  const state = await readJson<NetworkState>(join(dataDir, STATE_FILE)).catch(() => undefined)
  return state && (await isSupervisor(state.pid)) ? state : undefined
}

/**
 * Claims the data folder for this process.
 * @throws FrostError where a network runs from it already; it names the process.
 */
export async function claim(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const other = await runningNetwork(dataDir)
  if (other) {
    throw new FrostError(
      'AlreadyRunning',
      `a network runs from ${dataDir} already (process ${other.pid}${siteOf(other)}): stop it, or set FROST_DATA and other ports`,
    )
  }
  const marker = await open(join(dataDir, MARKER_FILE), 'w')
  await marker.writeFile(MARKER).finally(() => marker.close())
  await writeState(dataDir, { pid: process.pid, startedAt: new Date().toISOString(), services: {} })
}

export async function writeState(dataDir: string, state: NetworkState): Promise<void> {
  await writeJson(join(dataDir, STATE_FILE), state)
}

export async function release(dataDir: string): Promise<void> {
  await rm(join(dataDir, STATE_FILE), { force: true })
}

/**
 * Deletes what a network has stored.
 * @returns False where there was nothing. @throws where a network runs, or the folder is no network's.
 */
export async function reset(dataDir: string): Promise<boolean> {
  const running = await runningNetwork(dataDir)
  if (running)
    throw new FrostError('Running', `the network runs (process ${running.pid}): stop it before it is reset`)
  const names = await readdir(dataDir).catch(() => [])
  if (names.length === 0) return false
  const marker = await readFile(join(dataDir, MARKER_FILE), 'utf8').catch(() => '')
  if (marker === '') {
    throw new UsageError(
      `${dataDir} is not a network's data folder (no ${MARKER_FILE} in it): check FROST_DATA`,
    )
  }
  // Keeps the folder itself: it may be a mount point.
  for (const name of names) await rm(join(dataDir, name), { recursive: true, force: true })
  return true
}

function siteOf(state: NetworkState): string {
  const url = state.services.web?.url ?? state.services.appview?.url
  return url ? `, ${url}` : ''
}

async function isSupervisor(pid: number): Promise<boolean> {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // A number may have come to mean another process; /proc tells where it exists.
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)
  return commandLine === undefined || commandLine.includes('network')
}
