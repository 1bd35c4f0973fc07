import { isLoopback } from '@frost/client/settings'
import type { StoreAccess } from '@frost/client/store'
import type { Context } from './context.ts'

/** How stores are read from the command line: with the credentials of the environment; on this machine only where the network is. */
export function storeAccess({ settings }: Context, signal?: AbortSignal): StoreAccess {
  return {
    allowLoopback: isLoopback(settings.appviewUrl),
    env: process.env,
    ...(signal && { signal }),
  }
}

/** A signal that the first Ctrl-C or SIGTERM gives; a second Ctrl-C ends the process at once. */
export function interruption(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const stop = () => controller.abort()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, stop)
  return {
    signal: controller.signal,
    end() {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, stop)
    },
  }
}
