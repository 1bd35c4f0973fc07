import { once } from 'node:events'
import { PlcServer } from '@did-plc/server'
import { bindStatePort, Listener } from '../listener.ts'
import { SqlitePlcDatabase } from './database.ts'

/** A running PLC directory. */
export interface Plc {
  readonly url: string
  readonly port: number
  readonly database: SqlitePlcDatabase
  stop(): Promise<void>
}

export interface PlcOptions {
  /** File of the operation log; made if absent. */
  readonly path: string
  /** 0 or absent: `portBefore` if it is free, else any. */
  readonly port?: number
  readonly portBefore?: number
  readonly host?: string
  /** Clock of the operations' creation times, for tests of the recovery window. */
  readonly now?: () => number
}

/** Starts the real PLC directory server over SQLite, on the loopback interface. */
export async function startPlc({ path, port, portBefore, host, now }: PlcOptions): Promise<Plc> {
  const bound = await bindStatePort(port, portBefore, host)
  const database = new SqlitePlcDatabase(path, now)
  const { app } = PlcServer.create({ db: database, port: bound.port, version: 'frost' })
  const server = app.listen(bound.handle)
  const listener = new Listener(server, bound)
  await once(server, 'listening')
  return {
    url: `http://localhost:${bound.port}`,
    port: bound.port,
    database,
    async stop() {
      await listener.close()
      await database.close()
    },
  }
}
