import { serve } from '@hono/node-server'
import { pino } from 'pino'
import { configFromEnv } from './config.ts'
import { createSite } from './server.tsx'

const config = configFromEnv()
const log = pino({ base: { service: 'web' }, level: process.env.FROST_LOG_LEVEL || 'info' })
const server = serve(
  { fetch: createSite(config, log).fetch, hostname: config.host, port: config.port },
  ({ port }) => {
    const url = `http://${config.host}:${port}`
    log.info({ url, appview: config.appviewUrl }, 'the site listens')
    process.send?.({ ready: true, url })
  },
)
server.once('error', (error: NodeJS.ErrnoException) => {
  console.error(
    error.code === 'EADDRINUSE'
      ? `web: port ${config.port} on ${config.host} is taken: stop what listens there, or set FROST_PORT`
      : `web: ${error.message}`,
  )
  process.exit(1)
})

const stop = () => {
  server.close(() => process.exit(0))
  if ('closeAllConnections' in server) server.closeAllConnections()
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
process.once('disconnect', stop)
