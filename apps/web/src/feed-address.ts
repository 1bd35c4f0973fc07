import { tryGetContext } from 'hono/context-storage'
import type { SiteEnv } from './session/viewer.ts'

/** Atom feeds that the AppView writes, by what names their subject. */
type Subject =
  | { readonly dataset: string }
  | { readonly actor: string }
  | { readonly collection: string }
  /** The query of a saved search. */
  | { readonly search: string }

/** A feed as a page names it. */
export interface Feed {
  readonly title: string
  readonly href: string
}

/** @returns nothing where the page is made outside a request */
export function feedOf(subject: Subject, title: string): Feed | undefined {
  const appviewUrl = tryGetContext<SiteEnv>()?.get('appviewUrl')
  if (appviewUrl === undefined) return undefined
  const [[kind, id]] = Object.entries(subject) as [[string, string]]
  const query = kind === 'search' ? id : new URLSearchParams({ [kind === 'actor' ? 'actor' : 'uri']: id })
  return { title, href: `${appviewUrl}/feeds/${kind}.atom?${query}` }
}
