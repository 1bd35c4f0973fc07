import { startAppview } from './appview.ts'
import { configFromEnv } from './config.ts'

try {
  const appview = await startAppview(configFromEnv())
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await appview.stop()
    process.exit(0)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  process.once('disconnect', stop)
  // Last: whoever is told may stop it at once.
  process.send?.({ ready: true, url: appview.url, did: appview.did })
} catch (error) {
  console.error(`appview: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
