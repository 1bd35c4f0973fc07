/** What the search box offers while one types. */

import { type QueryField, queryParts, written } from '@frost/index/search/query-parts'
import { frost } from '@frost/lexicon'
import { nameOf } from '../account-name.ts'
import type { AppView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'
import { type Label, type Reading, verdictOn } from '../labels/reading.ts'
import { searchAddress } from '../search-state.ts'

export interface Offer {
  readonly kind: 'dataset' | 'person' | 'variable' | 'keyword' | 'author'
  readonly text: string
  /** How many datasets have it. */
  readonly count?: number
  readonly href: string
}

interface Suggestion {
  readonly kind: string
  readonly text: string
  readonly uri?: string
  readonly did?: string
  readonly handle?: string
  readonly count?: number
  readonly labels?: readonly Label[]
}

const MOST = 10
const COMPLETED: readonly QueryField[] = ['variable', 'keyword', 'creator']

/**
 * Completions of a query text: datasets and people to go to, values to search by. A field that is begun is completed by its values.
 * @param reading what is hidden or covered for whoever types is not offered
 */
export async function offersFor(appview: AppView, q: string, reading: Reading): Promise<Offer[]> {
  const text = q.slice(0, 250)
  const last = queryParts(text).at(-1)
  const field = last?.field && COMPLETED.includes(last.field) ? last.field : undefined
  const typed = field && last ? last.value : text
  if (typed.trim().length < 2) return []
  const { suggestions } = (await appview.query(frost.dataset.suggest, {
    q: typed,
    limit: field ? 30 : MOST,
  })) as unknown as { suggestions: Suggestion[] }
  if (!field || !last) {
    const shown = suggestions.filter(({ labels }) => {
      const { hide, warn } = verdictOn(labels, reading)
      return hide.length + warn.length === 0
    })
    return shown.flatMap(offer).slice(0, MOST)
  }
  return suggestions
    .filter(({ kind }) => kind === field)
    .slice(0, MOST)
    .map(({ text: value, count }) => ({
      kind: kindOf(field),
      text: value,
      ...(count !== undefined && { count }),
      href: searchAddress({
        q: `${text.slice(0, last.start)}${last.excluded ? '-' : ''}${written(field, value)}`,
      }),
    }))
}

const kindOf = (kind: string): Offer['kind'] => (kind === 'creator' ? 'author' : (kind as Offer['kind']))

function offer({ kind, text, uri, did, handle, count }: Suggestion): Offer[] {
  const counted = count === undefined ? {} : { count }
  if (kind === 'dataset' && uri)
    return [{ kind, text, href: entryPath({ did: uri.split('/')[2] ?? '' }, uri) }]
  if (kind === 'person' && did) return [{ kind, text, href: `/p/${nameOf({ did, handle })}` }]
  if (kind === 'variable') return [{ kind, text, ...counted, href: searchAddress({ variable: [text] }) }]
  if (kind === 'keyword')
    return [{ kind, text, ...counted, href: searchAddress({ keyword: [text.toLowerCase()] }) }]
  if (kind === 'creator')
    return [{ kind: 'author', text, ...counted, href: searchAddress({ creator: [text] }) }]
  return []
}
