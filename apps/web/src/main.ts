import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { pino } from 'pino'
import { AppView } from './appview.ts'
import { configFromEnv, isDevelopment } from './config.ts'
import { guardOutgoing } from './outgoing.ts'
import { createSite } from './server.tsx'
import { whyNoSignIn } from './session/oauth.ts'
import { Sessions } from './session/sessions.ts'

const fail = (error: unknown): never => {
  console.error(`web: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}

const given = await Promise.resolve()
  .then(() => configFromEnv())
  .catch(fail)
const log = pino({ base: { service: 'web' }, level: process.env.FROST_LOG_LEVEL || 'info' })
// Listen first: with port 0 the origin, and so the site's identity as a client, is known only then.
const handler: { fetch: (request: Request, env: unknown) => Response | Promise<Response> } = {
  fetch: () => new Response('Starting', { status: 503 }),
}
const server = createAdaptorServer({ fetch: (request, env) => handler.fetch(request, env) })
server.once('error', (error: NodeJS.ErrnoException) =>
  fail(
    error.code === 'EADDRINUSE'
      ? `port ${given.port} on ${given.host} is taken: stop what listens there, or set FROST_PORT`
      : error,
  ),
)
await new Promise<void>(resolve => server.listen(given.port, given.host, resolve))
const { port } = server.address() as AddressInfo
const url = `http://${given.host}:${port}`
const config =
  given.port === port
    ? given
    : { ...given, port, publicUrl: process.env.FROST_PUBLIC_URL ? given.publicUrl : url }

if (!isDevelopment(config)) {
  const { appviewUrl, gatewayUrl, settings } = config
  guardOutgoing([appviewUrl, gatewayUrl, settings.appviewUrl, ...(settings.plcUrl ? [settings.plcUrl] : [])])
}
const sessions = await Sessions.open(config, new AppView(config.appviewUrl)).catch(fail)
const site = createSite(config, log, sessions)
handler.fetch = (request, env) => site.fetch(request, env as never)
const why = whyNoSignIn(config)
if (why) log.warn({}, why)
log.info({ url, appview: config.appviewUrl }, 'the site listens')
process.send?.({ ready: true, url })

let stopping = false
const stop = () => {
  if (stopping) return
  stopping = true
  server.close(() => {
    sessions?.end()
    process.exit(0)
  })
  if ('closeAllConnections' in server) server.closeAllConnections()
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
process.once('disconnect', stop)
