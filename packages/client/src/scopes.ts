import { getMain } from '@atproto/lex'
import { frost, nsid, RECORD_NSIDS } from '@frost/lexicon'
import { fetchJson } from './http.ts'
import type { Settings } from './settings.ts'

/** Methods of an AppView that need somebody's rights, as the permission set names them. */
const CALLS: readonly string[] = frost.authFull.main.permissions.flatMap(({ resource, options }) =>
  resource === 'rpc' ? [options.lxm].flat().map(String) : [],
)

/** What operators of an AppView may ask of it besides. */
const OPERATING: readonly string[] = Object.values(frost.admin).map(({ main }) => getMain(main).nsid)

/**
 * OAuth scopes to ask for, best first: the permission set, which shows people one line; where a server cannot resolve it,
 * the same rights spelled out. Never more than FROST's own records, blobs, calls to the AppView, and reports.
 * @param operator also for what operators of the AppView alone may call
 */
export async function scopesToAsk(
  settings: Pick<Settings, 'appviewUrl'>,
  { operator = false }: { readonly operator?: boolean } = {},
): Promise<string[]> {
  const appview = await appviewDid(settings.appviewUrl)
  const audience = appview && encodeURIComponent(`${appview}#frost_appview`)
  const report = 'rpc:com.atproto.moderation.createReport?aud=*'
  const set = `include:${nsid('authFull')}${audience ? `?aud=${audience}` : ''}`
  const collections = RECORD_NSIDS.map(collection => `collection=${collection}`).join('&')
  // Each by its name: for `rpc:*` servers ask people whether their messages may be read.
  const callsOf = (names: readonly string[]) =>
    audience ? [`rpc?${names.map(name => `lxm=${name}`).join('&')}&aud=${audience}`] : []
  const calls = callsOf(CALLS)
  const operating = operator ? callsOf(OPERATING) : []
  // A did:web with a port has a '%', which servers lose as they write out a set (@atproto/oauth-scopes 0.5).
  const lost = appview?.includes('%') ? calls : []
  return [
    ['atproto', set, 'blob:*/*', ...lost, ...operating, report].join(' '),
    ['atproto', `repo?${collections}`, 'blob:*/*', ...calls, ...operating, report].join(' '),
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
