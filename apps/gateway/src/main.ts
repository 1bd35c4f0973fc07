import { configFromEnv } from './config.ts'
import { startGateway } from './gateway.ts'

try {
  const gateway = await startGateway(configFromEnv())
  process.send?.({ ready: true, url: gateway.url })
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
} catch (error) {
  console.error(`gateway: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
