import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { clientAddress } from './client-address.ts'
import { didDocument } from './did-document.ts'
import { feedRoutes } from './feeds/routes.ts'
import type { Logger } from './log.ts'
import { mailRoutes } from './mail/routes.ts'
import { usageExport } from './metering/export.ts'
import { identifyKey, requireKey } from './metering/identify-key.ts'
import { Metrics } from './metrics.ts'
import { rateLimit } from './rate-limit.ts'
import { snapshotRoutes } from './snapshots/routes.ts'
import type { WebSubHub } from './websub/hub.ts'
import { webSubRoutes } from './websub/routes.ts'
import type { Services } from './xrpc/method.ts'
import { errorAnswer, xrpcRouter } from './xrpc/router.ts'
import { routes } from './xrpc/routes.ts'
import type { ServiceAuth } from './xrpc/service-auth.ts'

export interface ServerOptions {
  readonly origin: string
  readonly auth: ServiceAuth
  readonly log: Logger
  readonly version: string
  readonly webSub: WebSubHub
  readonly validateOutputs?: boolean
}

/** The whole HTTP face of the AppView; `app.request()` answers without a socket. */
export function createServer(services: Services, options: ServerOptions): Hono {
  const app = new Hono()
  const metrics = new Metrics(services)
  app.onError((error, c) => errorAnswer(c, error, options.log))
  app.use(metrics.middleware(new Set(routes.map(route => route.method.nsid))))

  app.get('/.well-known/did.json', c =>
    c.json(didDocument(services.did, options.origin, services.labels?.key)),
  )
  app.get('/xrpc/_health', c => c.json({ version: options.version }))
  app.get('/metrics', async c => c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }))
  app.get('/', c =>
    c.text(
      `FROST AppView ${options.version}, ${services.did}\n\n` +
        'Ask it by XRPC: /xrpc/<NSID>. Source and documentation: see README.md and docs/ of the project.\n',
    ),
  )

  const limit = rateLimit(services.config.requestsPerWindow, env =>
    clientAddress((env as Partial<HttpBindings>)?.incoming),
  )
  for (const paths of ['/xrpc/*', '/feeds/*']) {
    if (services.quotas) app.use(paths, identifyKey(services.quotas))
    app.use(paths, limit)
    if (services.quotas) app.use(paths, requireKey(services.quotas))
  }
  // What asks for a password is limited too.
  for (const paths of ['/snapshots/*', '/mail/*', '/websub', '/usage.csv', '/usage.json'])
    app.use(paths, limit)
  app.route('/xrpc', xrpcRouter(routes, services, options))
  app.route('/feeds', feedRoutes(services, options.origin))
  if (services.snapshots) app.route('/snapshots', snapshotRoutes(services.snapshots))
  app.route('/mail', mailRoutes(services.index))
  app.route('/', usageExport(services, options.auth))
  app.route('/websub', webSubRoutes(options.webSub))
  return app
}
