import { AppView } from '@frost/client/appview'
import type { LookupOptions } from '@frost/client/lookup'
import type { Session } from '@frost/client/session'
import type { Context } from './context.ts'

/** How REFs are looked up for a command; with a session, bare slugs are the account's own. */
export function lookupOf(context: Context, session?: Session): LookupOptions {
  const { settings } = context
  return { settings, self: session?.account, appview: new AppView(settings.appviewUrl) }
}

/** What a command needs that writes: who is signed in, how their REFs are looked up, and their repository. */
export async function acting(context: Context) {
  const { Repository } = await import('@frost/client/repository')
  const session = await context.session()
  return { session, lookup: lookupOf(context, session), repository: new Repository(session) }
}

/** As `lookupOf`, signed in where an account is: commands that only read need none. */
export async function readingLookupOf(context: Context): Promise<LookupOptions> {
  const { AccountStore } = await import('@frost/client/accounts')
  const account = await new AccountStore(context.settings.configDir)
    .get(context.account)
    .catch(() => undefined)
  return { ...lookupOf(context), self: account }
}

/** What an AppView is asked about: bare slugs are those of the account that is signed in. */
export async function identifierOf(context: Context, ref: string): Promise<string> {
  if (/[/:]/.test(ref)) return ref
  const { findRecord } = await import('@frost/client/lookup')
  return (await findRecord(ref, await readingLookupOf(context))).uri
}
