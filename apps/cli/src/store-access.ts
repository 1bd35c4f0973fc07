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
