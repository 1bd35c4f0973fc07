import type { OAuthClientOptions } from '@atproto/oauth-client-node'
import { plcDirectories, resolveHandle } from './identity.ts'
import type { Settings } from './settings.ts'

type Network = Pick<OAuthClientOptions, 'allowHttp' | 'plcDirectoryUrl' | 'fetch'> & {
  readonly handleResolver: OAuthClientOptions['handleResolver']
}

/**
 * How an OAuth client finds accounts and their servers.
 * @param isLocal Whether servers may be on this machine, over plain http.
 * @param pds The server that is asked for handles of a local network, where one is known.
 * @param guarded What makes requests to servers that strangers name, elsewhere than on this machine.
 */
export function oauthNetwork(
  settings: Settings,
  { isLocal, pds, guarded }: { isLocal: boolean; pds?: string; guarded?: typeof globalThis.fetch },
): Network {
  const resolver = { ...settings, service: (isLocal && pds) || settings.service }
  const [plcDirectoryUrl] = settings.plcUrl || isLocal ? plcDirectories(resolver) : []
  return {
    allowHttp: isLocal,
    ...(plcDirectoryUrl && { plcDirectoryUrl }),
    // Without this, the client's own guard refuses addresses on this machine.
    ...(isLocal ? { fetch: globalThis.fetch } : guarded && { fetch: guarded }),
    handleResolver: { resolve: async handle => (await resolveHandle(handle, resolver)) as never },
  }
}
