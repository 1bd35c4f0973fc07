import { rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import { Answers } from './answers.ts'
import { DiskCache } from './cache/disk-cache.ts'
import type { GatewayConfig } from './config.ts'
import { Metrics } from './http/metrics.ts'
import { createServer } from './http/server.ts'
import { createLogger } from './log.ts'
import { Pool, type PoolStatus } from './pool/pool.ts'
import { version } from './version.ts'

export interface Gateway {
  readonly url: string
  readonly status: PoolStatus
  /** Stops taking requests, lets those under way end within 3 s, and ends its processes. */
  stop(): Promise<void>
}

type Server = ReturnType<typeof createAdaptorServer>

/**
 * Starts a gateway: cache open, HTTP answered, the first process on its way. Resolves once it listens.
 * @param script what the processes run, where it is not the reader
 */
export async function startGateway(config: GatewayConfig, script?: string): Promise<Gateway> {
  const log = createLogger(config.logLevel)
  const cache = await DiskCache.open(join(config.dataDir, 'answers'), config.cacheBytes)
  // What workers of a former process left there.
  const folder = join(config.dataDir, 'aside')
  await rm(folder, { recursive: true, force: true })
  const pool = new Pool({
    workers: config.workers,
    bytes: config.workerBytes,
    folder,
    disk: config.exportBytes,
    queueLength: config.queueLength,
    queueSeconds: config.queueSeconds,
    ...(script === undefined ? {} : { script }),
    onDeath: ({ lastWords, ...death }, pid) =>
      log.warn({ ...death, pid, lastWords: lastWords.slice(-500) }, 'a worker ended'),
    onError: error => log.error({ err: error }, 'workers'),
  })
  const answers = new Answers(config, pool, cache)
  const app = createServer({ answers, config, metrics: new Metrics(pool, cache), log, version })
  const server = createAdaptorServer({ fetch: app.fetch })
  try {
    await listen(server, config)
  } catch (error) {
    await pool.close()
    throw error
  }
  const { port } = server.address() as AddressInfo
  log.info({ port, workers: config.workers }, 'gateway listens')

  return {
    url: `http://${config.host}:${port}`,
    get status() {
      return pool.status
    },
    async stop() {
      const closed = new Promise(resolve => server.close(resolve))
      if ('closeIdleConnections' in server) server.closeIdleConnections()
      await Promise.race([closed, afterGrace(server)])
      await pool.close()
      log.info('gateway stopped')
    },
  }
}

function listen(server: Server, { host, port }: GatewayConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${port} on ${host} is taken: stop what listens there, or set FROST_GATEWAY_PORT`)
          : error,
      ),
    )
    server.listen(port, host, resolve)
  })
}

/** Connections that are still busy after the grace are cut, so that one slow client cannot keep the service up. */
function afterGrace(server: Server): Promise<void> {
  const GRACE_MILLISECONDS = 2_500
  return new Promise(resolve => {
    setTimeout(() => {
      if ('closeAllConnections' in server) server.closeAllConnections()
      resolve()
    }, GRACE_MILLISECONDS).unref()
  })
}
