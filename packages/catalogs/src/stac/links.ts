/** The links of a STAC Collection: licences, versions, sources, metadata, pictures, neighbours. */
import { doiIn, referenceTo } from '../entry.ts'
import type { Fields } from '../fields.ts'
import { table } from '../table.ts'
import { cut, plainText } from '../text.ts'

export interface Links {
  readonly self?: string
  readonly landingPage?: string
  readonly license?: string
  readonly image?: string
  readonly dois: readonly string[]
  readonly relatedItems: readonly Record<string, unknown>[]
  readonly derivedFrom: readonly Record<string, unknown>[]
  readonly metadataLinks: readonly Record<string, unknown>[]
  readonly services: readonly Record<string, unknown>[]
  /** Links to other collections or items below this one. */
  readonly children: readonly string[]
  readonly others: readonly Record<string, unknown>[]
}

/** STAC's relations between versions, as DataCite's, from this dataset to the linked one. The latest is computed, never stored. */
const VERSIONS = table<string>({
  'successor-version': 'is-previous-version-of',
  'predecessor-version': 'is-new-version-of',
})

const DESCRIBED: readonly string[] = [
  'describedby',
  'documentation',
  'help',
  'related',
  'example',
  'handbook',
]

export function readLinks(links: readonly Fields[], base: string | undefined): Links {
  const found = {
    self: undefined as string | undefined,
    landingPage: undefined as string | undefined,
    license: undefined as string | undefined,
    image: undefined as string | undefined,
    dois: [] as string[],
    relatedItems: [] as Record<string, unknown>[],
    derivedFrom: [] as Record<string, unknown>[],
    metadataLinks: [] as Record<string, unknown>[],
    services: [] as Record<string, unknown>[],
    children: [] as string[],
    others: [] as Record<string, unknown>[],
  }
  const self = links.find(link => link.peek('rel') === 'self')?.peek('href')
  const root = base ?? (typeof self === 'string' && URL.canParse(self) ? self : undefined)
  for (const link of links) {
    const rel = link.text('rel') ?? ''
    const href = absolute(link.text('href') ?? '', root)
    if (!href) continue
    const title = cut(plainText(link.text('title') ?? ''), 500)
    const type = link.text('type')
    if (rel === 'self') found.self = href
    else if (rel === 'license') {
      if (!found.license) found.license = href
      else if (href !== found.license)
        found.relatedItems.push({
          ref: referenceTo(href),
          relation: 'is-documented-by',
          relationNote: 'Licence',
          title,
        })
    } else if (rel === 'cite-as') {
      const doi = doiIn(href)
      if (doi) found.dois.push(doi)
      else found.relatedItems.push({ ref: referenceTo(href), relation: 'is-cited-by', title })
    } else if (VERSIONS[rel]) {
      found.relatedItems.push({
        ref: referenceTo(href),
        relation: VERSIONS[rel],
        resourceType: 'Dataset',
        title,
      })
    } else if (rel === 'derived_from' || rel === 'source') {
      found.derivedFrom.push({ ref: referenceTo(href), role: 'source' })
    } else if (rel === 'preview' || rel === 'thumbnail' || rel === 'icon') found.image ??= href
    else if (rel === 'about' || rel === 'canonical' || (rel === 'alternate' && type === 'text/html')) {
      if (!found.landingPage) found.landingPage = href
      else found.relatedItems.push({ ref: referenceTo(href), relation: 'is-described-by', title })
    } else if (rel === 'via' || rel === 'alternate' || rel === 'metadata') {
      found.metadataLinks.push({ uri: href, mediaType: type, title })
    } else if (rel === 'items') found.services.push({ type: 'stac-api', uri: href, title: title || 'Items' })
    else if (rel === 'child' || rel === 'item') found.children.push(href)
    else if (DESCRIBED.includes(rel)) {
      const isExample = /example|notebook|run the/i.test(title)
      found.relatedItems.push({
        ref: referenceTo(href),
        relation: 'is-documented-by',
        resourceType: isExample ? 'ComputationalNotebook' : 'Text',
        title,
      })
    } else if (['root', 'parent', 'collection', 'latest-version'].includes(rel)) {
      // Where the collection hangs in its catalogue is the catalogue's business; the latest version follows from the chain.
    } else found.others.push({ rel, href, title, type })
  }
  return found
}

function absolute(href: string, base: string | undefined): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return href
  return base && URL.canParse(href, base) ? new URL(href, base).href : undefined
}
