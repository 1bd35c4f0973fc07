import { configFromEnv } from './config.ts'
import { startGateway } from './gateway.ts'

try {
  const gateway = await startGateway(configFromEnv())
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await gateway.stop()
    process.exit(0)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  process.once('disconnect', stop)
  // Last: whoever is told may stop it at once.
  process.send?.({ ready: true, url: gateway.url })
} catch (error) {
  console.error(`gateway: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
