/** Atom feeds, which the site passes on from its AppView, by what names their subject. */
type Subject =
  | { readonly dataset: string }
  | { readonly actor: string }
  | { readonly collection: string }
  /** The query of a saved search. */
  | { readonly search: string }

/** A feed as a page names it. */
export interface Feed {
  readonly title: string
  /** Path on the site. */
  readonly href: string
}

export function feedOf(subject: Subject, title: string): Feed {
  const [[kind, id]] = Object.entries(subject) as [[string, string]]
  const query = kind === 'search' ? id : new URLSearchParams({ [kind === 'actor' ? 'actor' : 'uri']: id })
  return { title, href: `/feeds/${kind}.atom?${query}` }
}
