import { mkdirSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { FROST_KEYS, type Index, openIndex } from '@frost/index'
import { isFrostNsid, RECORD_NSIDS } from '@frost/lexicon'
import { type ConsumerLimits, createConsumer } from '@frost/sync'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { type AppViewConfig, allowsLoopbackWebhooks, isLocalNetwork } from './config.ts'
import { didWebOf } from './did-document.ts'
import { isOfThisMachine } from './health/look.ts'
import { type HealthConfig, HealthService } from './health/service.ts'
import { LabelService } from './labels/service.ts'
import { labelSigner, storedKey } from './labels/signing-key.ts'
import { createLogger, type Logger } from './log.ts'
import { MailService } from './mail/service.ts'
import { Meter } from './metering/meter.ts'
import { Quotas } from './metering/quotas.ts'
import { beginFromSnapshots } from './seed/begin.ts'
import type { Seeded } from './seed/seed.ts'
import { createServer } from './server.ts'
import { Snapshots } from './snapshots/snapshots.ts'
import { StreamSockets } from './streams/sockets.ts'
import { UpdateHub } from './updates/hub.ts'
import { LogPruning } from './updates/pruning.ts'
import { updateStream } from './updates/stream.ts'
import { version } from './version.ts'
import { retryDelay } from './webhooks/retry.ts'
import { WebhookService } from './webhooks/service.ts'
import { WebSubHub } from './websub/hub.ts'
import type { Services } from './xrpc/method.ts'
import { ServiceAuth } from './xrpc/service-auth.ts'

export interface AppView {
  readonly url: string
  readonly did: string
  readonly services: Services
  /** What came of the snapshots that were taken in at this start. */
  readonly seeded: readonly Seeded[]
  /** Stops taking requests, lets those under way end, stores what is queued with its cursor, and closes the index. */
  stop(): Promise<void>
}

/** Starts an AppView: index open, firehoses read, HTTP answered. Resolves once it listens. */
export async function startAppview(config: AppViewConfig): Promise<AppView> {
  const log = createLogger(config.logLevel)
  mkdirSync(config.dataDir, { recursive: true })
  const index = await openIndex({
    dataDir: config.dataDir,
    databaseUrl: config.databaseUrl,
    mostRecords: config.mostRecords,
    proofs: config.pinnedProofs,
    threads: true,
    onError: error => log.error({ err: error }, 'index'),
  })
  const consumer = createConsumer({
    store: index.store,
    hosts: index.hosts,
    upstreams: config.upstreams,
    collections: isFrostNsid,
    collectionNames: RECORD_NSIDS,
    proofs: FROST_KEYS,
    discoverHosts: config.discoverHosts,
    jetstreamDictionary: config.jetstreamDictionary,
    plcUrl: config.plcUrl,
    allowLoopbackHttp: isLocalNetwork(config),
    limits: limitsOf(config),
    onError: (error, context) => log.warn({ err: error, ...context }, 'sync'),
  })
  // Listen first: with port 0 the origin, and so the DID, is known only then.
  const handler: { fetch: (request: Request, env: unknown) => Response | Promise<Response> } = {
    fetch: notReady,
  }
  const server = createAdaptorServer({ fetch: (request, env) => handler.fetch(request, env) })
  await listen(server, config)
  const { port } = server.address() as AddressInfo
  const origin = config.publicUrl ?? `http://localhost:${port}`
  const did = config.did ?? didWebOf(origin)
  let seeded: readonly Seeded[]
  try {
    seeded = await beginFromSnapshots(config, consumer, index, log)
  } catch (error) {
    server.close()
    await consumer.stop()
    await index.close()
    throw error
  }
  const mail = config.smtpUrl
    ? new MailService(index, {
        smtpUrl: config.smtpUrl,
        from: config.mailFrom ?? `FROST <no-reply@${new URL(origin).hostname}>`,
        origin,
        siteUrl: config.siteUrl,
        onError: error => log.warn({ err: error }, 'mail'),
      })
    : undefined
  mail?.start()
  const labels = new LabelService(index, consumer, {
    own: labelSigner(did, config.labelKey ?? storedKey(config.dataDir)),
    choices: config.labelers ?? [],
    mostOfReaders: config.readerLabelers ?? 100,
    onError: error => log.warn({ err: error }, 'labels'),
  })
  const meter = new Meter(index.consumers, error => log.error({ err: error }, 'metering'))
  const quotas = new Quotas(index.consumers)
  const snapshots =
    config.snapshots !== false
      ? new Snapshots(index, join(config.dataDir, 'snapshots'), error =>
          log.error({ err: error }, 'snapshots'),
        )
      : undefined
  await snapshots?.start()
  const services: Services = {
    index,
    consumer,
    config,
    did,
    labels,
    meter,
    quotas,
    origin,
    ...(mail && { mail }),
    ...(snapshots && { snapshots }),
  }
  const auth = new ServiceAuth(did, (issuer, refresh) => consumer.signingKey(issuer, refresh))
  const validateOutputs = process.env.NODE_ENV === 'test' || process.env.NODE_ENV === 'development'
  const hub = new UpdateHub(index, error => log.error({ err: error }, 'updates'))
  hub.start()
  const webSub = new WebSubHub(services, hub, {
    origin,
    allowLoopbackHttp: allowsLoopbackWebhooks(config),
    onError: error => log.error({ err: error }, 'websub'),
  })
  webSub.start()
  const app = createServer(services, { origin, auth, log, version, webSub, validateOutputs })
  handler.fetch = (request, env) => app.fetch(request, env as never)
  const sockets = new StreamSockets(server as Server, [updateStream(index, hub), labels.stream], {
    most: config.subscriptions ?? 5000,
    mostPerAddress: config.subscriptionsPerAddress ?? 0,
    onError: error => log.error({ err: error }, 'a subscription failed'),
    onTooSlow: message => log.info({ reason: message }, 'a subscriber was dropped'),
  })
  const webhooks = new WebhookService(index, hub, {
    allowLoopbackHttp: allowsLoopbackWebhooks(config),
    onError: error => log.error({ err: error }, 'webhooks'),
    ...(config.webhookRetrySeconds !== undefined && {
      retryDelay: (attempts: number, asked: number) =>
        retryDelay(attempts, asked, { first: config.webhookRetrySeconds! * 1000 }),
    }),
  })
  webhooks.start()
  const pruning = new LogPruning(index, config.logDays ?? 0, error => log.error({ err: error }, 'pruning'))
  if (!config.beginWith?.length) await consumer.start()
  await labels.start()
  const health = config.health && healthService(index, consumer, config.health, { config, origin, log })
  health?.start()
  log.info({ did, origin, upstreams: config.upstreams }, 'AppView listens')

  return {
    url: `http://${config.host}:${port}`,
    did,
    services,
    seeded,
    async stop() {
      sockets.close()
      pruning.stop()
      await snapshots?.stop()
      const closed = new Promise(resolve => server.close(resolve))
      if ('closeIdleConnections' in server) server.closeIdleConnections()
      await consumer.stop()
      await Promise.race([closed, afterGrace(server)])
      await Promise.all([
        webhooks.stop(),
        webSub.stop(),
        mail?.stop(),
        labels.stop(),
        health?.stop(),
        meter.stop(),
      ])
      await hub.close()
      await index.close()
      log.info('AppView stopped')
    },
  }
}

function limitsOf({
  sweepSeconds,
  hostSeconds,
  hostPatienceSeconds,
}: AppViewConfig): Partial<ConsumerLimits> {
  return {
    ...(sweepSeconds && { sweepEvery: sweepSeconds * 1000 }),
    ...(hostSeconds && { hostEvery: hostSeconds * 1000 }),
    ...(hostPatienceSeconds !== undefined && { hostPatience: hostPatienceSeconds * 1000 }),
  }
}

function healthService(
  index: Index,
  consumer: Services['consumer'],
  health: HealthConfig,
  { config, origin, log }: { config: AppViewConfig; origin: string; log: Logger },
): HealthService {
  return new HealthService(index, {
    ...health,
    allowLoopbackHttp: isLocalNetwork(config),
    origin,
    isOnline: () => consumer.status().upstreams.some(({ url, connected }) => connected && isBeyond(url)),
    onError: error => log.warn({ err: error }, 'health'),
  })
}

/** Whether an upstream is read over the network from another machine. */
function isBeyond(upstream: string): boolean {
  return /wss?:\/\//.test(upstream) && !isOfThisMachine(new URL(upstream.replace(/^.*\+/, '')).host)
}
const notReady = () =>
  Response.json(
    { error: 'NotReady', message: 'this AppView begins, and answers when it knows what is true now' },
    { status: 503, headers: { 'Retry-After': '10' } },
  )

function listen(server: ServerType, { host, port }: AppViewConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${port} on ${host} is taken: stop what listens there, or set FROST_APPVIEW_PORT`)
          : error,
      ),
    )
    server.listen(port, host, resolve)
  })
}

/** Connections that are still busy after the grace are cut, so that one slow client cannot keep the service up. */
function afterGrace(server: ServerType): Promise<void> {
  const GRACE_MILLISECONDS = 3000
  return new Promise(resolve => {
    setTimeout(() => {
      if ('closeAllConnections' in server) server.closeAllConnections()
      resolve()
    }, GRACE_MILLISECONDS).unref()
  })
}
