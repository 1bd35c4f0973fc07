import { resolve } from 'node:path'
import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action, gather } from '../context.ts'
import { styled } from '../text.ts'

interface Options {
  upstream?: string[]
  port?: string
  host?: string
  data?: string
  plc?: string
  fromSnapshot?: string[]
}

export function configure(command: Command): void {
  command
    .description('Run an AppView alone: index what relays and PDSes announce, and answer queries over it.')
    .option(
      '--upstream <url>',
      'relay or PDS whose firehose is read (FROST_UPSTREAMS); may be repeated',
      gather(),
    )
    .option('--port <port>', 'port to listen on (FROST_APPVIEW_PORT, 4181)')
    .option('--host <address>', 'address to listen on (FROST_HOST, 127.0.0.1)')
    .option('--data <folder>', 'folder of the index (FROST_DATA, ./data)')
    .option('--plc <url>', 'directory of did:plc (FROST_PLC_URL, https://plc.directory)')
    .option(
      '--from-snapshot <url|file>',
      'begin with what another AppView holds, each repository verified (FROST_SNAPSHOT): its origin, or an answer of ' +
        'service.exportSnapshot; may be repeated: the newest state of each repository counts',
      gather(),
    )
    .addHelpText(
      'after',
      `
A snapshot of another AppView is given to its operators: FROST_SNAPSHOT_PASSWORD is their password there (of several AppViews one
each, in their order, separated by spaces). Nothing in it is believed that its owner did not sign, and each repository is compared with
its own host before anything is answered.

Examples:
  $ frost appview --upstream wss://relay.example.org
  $ frost appview --upstream ws://localhost:4184 --plc http://localhost:4183 --port 4281 --data ./second
  $ frost appview --upstream wss://relay.example.org --from-snapshot https://appview.example.org`,
    )
    .action(
      action<Options>(async ({ output }, { upstream, port, host, data, plc, fromSnapshot }) => {
        if (!upstream && !process.env.FROST_UPSTREAMS) {
          throw new UsageError(
            'an AppView needs an upstream: give --upstream wss://relay.example.org or FROST_UPSTREAMS',
          )
        }
        const { configFromEnv, startAppview } = await import('@frost/appview')
        const env: NodeJS.ProcessEnv = {
          ...process.env,
          ...(upstream ? { FROST_UPSTREAMS: upstream.join(' ') } : {}),
          ...(port ? { FROST_APPVIEW_PORT: port } : {}),
          ...(host ? { FROST_HOST: host } : {}),
          ...(data ? { FROST_DATA: resolve(data) } : {}),
          ...(plc ? { FROST_PLC_URL: plc } : {}),
          ...(fromSnapshot ? { FROST_SNAPSHOT: fromSnapshot.join('\n') } : {}),
        }
        let config: ReturnType<typeof configFromEnv>
        try {
          config = configFromEnv(env)
        } catch (error) {
          throw new UsageError((error as Error).message, { cause: error })
        }
        const appview = await startAppview(config)
        const { url, did, seeded } = appview
        output.result({ event: 'ready', url, did, ...(seeded.length > 0 && { snapshots: seeded }) }, () =>
          [
            `AppView ${styled('bold', url)} (${did})`,
            ...seeded.map(
              ({ source, taken, refused }) =>
                `began with ${taken} repositories of the snapshot of ${source}, ${refused} refused`,
            ),
          ].join('\n'),
        )
        await new Promise<void>(stop => {
          for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop())
        })
        await appview.stop()
        process.exit(0)
      }),
    )
}
