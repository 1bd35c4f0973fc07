import { freePort as freePortOf } from '../apps/cli/src/network/ports.ts'

/** A port of this machine that nothing listens on. */
export const freePort = (): Promise<number> => freePortOf('127.0.0.1')
