import { resolve } from 'node:path'
import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action } from '../context.ts'
import { styled } from '../text.ts'

interface Options {
  port?: string
  host?: string
  data?: string
  workers?: string
  loopback?: string
}

export function configure(command: Command): void {
  command
    .description('Run a gateway alone: describe, preview and export datasets where they lie, over HTTP.')
    .option('--port <port>', 'port to listen on (FROST_GATEWAY_PORT, 4182)')
    .option('--host <address>', 'address to listen on (FROST_HOST, 127.0.0.1)')
    .option('--data <folder>', 'folder of the cache (FROST_DATA, ./data)')
    .option('--workers <number>', 'processes that read (FROST_GATEWAY_WORKERS, one a core)')
    .option(
      '--loopback <ports>',
      'ports of this machine that may be read from, for development (FROST_GATEWAY_LOOPBACK_PORTS, none)',
    )
    .addHelpText(
      'after',
      `
A gateway reads public addresses only, without credentials. All of its limits are environment variables: docs/operators.md.

Examples:
  $ frost gateway
  $ frost gateway --port 8082 --workers 8 --data /var/lib/frost
  $ curl 'http://127.0.0.1:4182/describe?url=https://example.org/data.parquet'`,
    )
    .action(
      action<Options>(async ({ output }, { port, host, data, workers, loopback }) => {
        const { configFromEnv, startGateway } = await import('@frost/gateway')
        const env: NodeJS.ProcessEnv = {
          ...process.env,
          ...(port ? { FROST_GATEWAY_PORT: port } : {}),
          ...(host ? { FROST_HOST: host } : {}),
          ...(data ? { FROST_DATA: resolve(data) } : {}),
          ...(workers ? { FROST_GATEWAY_WORKERS: workers } : {}),
          ...(loopback ? { FROST_GATEWAY_LOOPBACK_PORTS: loopback } : {}),
        }
        let config: ReturnType<typeof configFromEnv>
        try {
          config = configFromEnv(env)
        } catch (error) {
          throw new UsageError((error as Error).message, { cause: error })
        }
        const gateway = await startGateway(config)
        output.result({ event: 'ready', url: gateway.url }, () => `Gateway ${styled('bold', gateway.url)}`)
        await new Promise<void>(stop => {
          for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop())
        })
        await gateway.stop()
        process.exit(0)
      }),
    )
}
