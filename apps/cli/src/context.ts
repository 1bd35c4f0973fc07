import type { Session } from '@frost/client/session'
import { type Settings, settingsFromEnv } from '@frost/client/settings'
import type { Command } from 'commander'
import { Output } from './output.ts'

/** What every command works with: settings from options and environment, and where its results go. */
export interface Context {
  readonly settings: Settings
  readonly output: Output
  /** Handle or DID given by `--account`. */
  readonly account?: string
  /** The session to write with. @throws FrostError `NotSignedIn`. */
  session(): Promise<Session>
}

interface GlobalOptions {
  json?: boolean
  service?: string
  appview?: string
  account?: string
}

/** Gathers the options that all commands share. @throws UsageError for an address that cannot be one. */
export function contextOf(command: Command): Context {
  const { json, service, appview, account } = command.optsWithGlobals<GlobalOptions>()
  const settings = settingsFromEnv({ service, appview })
  return {
    settings,
    output: new Output(json === true),
    account,
    session: async () => (await import('@frost/client/session')).restoreSession(settings, account),
  }
}

/**
 * Makes an action of a function of (context, positional arguments, options), so that commands need not know commander's
 * calling order.
 */
export function action<Options>(
  run: (context: Context, options: Options, ...args: string[]) => Promise<void>,
): (...received: unknown[]) => Promise<void> {
  return async (...received) => {
    const command = received.at(-1) as Command
    const options = received.at(-2) as Options
    const positional = received.slice(0, -2).flat() as string[]
    await run(contextOf(command), options, ...positional)
  }
}

/** Gathers an option that may be given several times, or hold a list separated by commas where `separator` says so. */
export function gather(separator?: string): (value: string, earlier: string[] | undefined) => string[] {
  return (value, earlier = []) => [
    ...earlier,
    ...(separator
      ? value
          .split(separator)
          .map(part => part.trim())
          .filter(Boolean)
      : [value]),
  ]
}
