import { join, resolve } from 'node:path'
import { LOOPBACK } from './listener.ts'
import type { NetworkOptions } from './network.ts'

/** Where the network in a box listens and keeps its state. */
export type NetworkConfig = Required<Pick<NetworkOptions, 'dataDir' | 'host'>> & {
  readonly ports: Required<NonNullable<NetworkOptions['ports']>>
}

/**
 * Reads the environment: `FROST_PLC_PORT` (4183), `FROST_RELAY_PORT` (4184), `FROST_PDS_PORT` (4185, the first PDS; the
 * others follow), `FROST_STORE_PORT` (4190), `FROST_DATA` (`./data`; the network keeps its own folder in it), `FROST_HOST`
 * (127.0.0.1).
 * @throws Error that names the variable
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): NetworkConfig {
  return {
    dataDir: join(resolve(env.FROST_DATA || './data'), 'network'),
    host: env.FROST_HOST || LOOPBACK,
    ports: {
      plc: port(env, 'FROST_PLC_PORT', 4183),
      relay: port(env, 'FROST_RELAY_PORT', 4184),
      pds: port(env, 'FROST_PDS_PORT', 4185),
      store: port(env, 'FROST_STORE_PORT', 4190),
    },
  }
}

function port(env: NodeJS.ProcessEnv, name: string, usual: number): number {
  const text = env[name]
  if (!text) return usual
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > 65_535) throw new Error(`${name}=${text}: must be a port, 0 to 65535`)
  return value
}
