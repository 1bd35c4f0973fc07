import { nsid, RECORD_NSIDS } from '@frost/lexicon'
import { fetchJson } from './http.ts'
import type { Settings } from './settings.ts'

/**
 * OAuth scopes to ask for, best first: the permission set, which shows people one line; where a server cannot resolve it,
 * the same rights spelled out. Never more than FROST's own records, blobs, calls to the AppView, and reports.
 */
export async function scopesToAsk(settings: Pick<Settings, 'appviewUrl'>): Promise<string[]> {
  const appview = await appviewDid(settings.appviewUrl)
  const audience = appview && encodeURIComponent(`${appview}#frost_appview`)
  const report = 'rpc:com.atproto.moderation.createReport?aud=*'
  const set = `include:${nsid('authFull')}${audience ? `?aud=${audience}` : ''}`
  const collections = RECORD_NSIDS.map(collection => `collection=${collection}`).join('&')
  const calls = audience ? [`rpc:*?aud=${audience}`] : []
  return [
    ['atproto', set, 'blob:*/*', report].join(' '),
    ['atproto', `repo?${collections}`, 'blob:*/*', ...calls, report].join(' '),
  ]
}

/** The AppView's DID, as its did:web document says; undefined where it cannot be asked. */
export async function appviewDid(appviewUrl: string): Promise<string | undefined> {
  try {
    const { body } = await fetchJson(`${appviewUrl}/.well-known/did.json`, {
      signal: AbortSignal.timeout(3_000),
    })
    const { id } = body as { id?: unknown }
    return typeof id === 'string' && id.startsWith('did:') ? id : undefined
  } catch {
    return undefined
  }
}
