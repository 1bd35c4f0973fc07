import { normaliseDoi } from '@frost/lexicon'
import { doiAddress, harmless, iri, webAddress } from '../address.ts'
import { keywordsOf } from '../keywords.ts'
import { rorOf } from './names.ts'

/** A person or organisation as citations name them. */
export interface CitedAgent {
  readonly name: string
  readonly nameType?: string
  readonly givenName?: string
  readonly familyName?: string
  readonly did?: string
  readonly identifiers?: readonly CitedIdentifier[]
  readonly affiliation?: readonly { readonly name: string; readonly ror?: string }[]
  readonly roles?: readonly { readonly name: string }[]
}

export interface CitedIdentifier {
  readonly scheme: string
  readonly value: string
  readonly schemeUri?: string
  readonly covers?: string
}

/** What a citation says, whatever its style. */
export interface Citable {
  /** The record's at-uri, under its owner's DID. */
  readonly uri: string
  /** The state that is cited. */
  readonly cid?: string
  /** Where a reader finds it: the DOI's address, else the landing page, else the site's page. */
  readonly url: string
  readonly title: string
  readonly creators: readonly CitedAgent[]
  readonly contributors: readonly CitedAgent[]
  readonly publisher?: string
  /** The publisher's ROR as `https://ror.org/…`. */
  readonly publisherRor?: string
  /** Year, year and month, or full date, ISO 8601. */
  readonly issued?: string
  readonly version?: string
  /** Bare DOI, lower case, without resolver. */
  readonly doi?: string
  readonly identifiers: readonly CitedIdentifier[]
  readonly description?: string
  readonly keywords: readonly string[]
  readonly language?: string
  readonly rights: readonly { readonly spdx?: string; readonly uri?: string; readonly name?: string }[]
  readonly resourceType: string
  readonly dates: readonly { readonly type: string; readonly value: string; readonly note?: string }[]
  readonly sizes: readonly string[]
  readonly formats: readonly string[]
  readonly funding: readonly CitedFunding[]
  readonly related: readonly CitedRelation[]
}

/** Another work, and how the cited one relates to it; `note` says which relation is meant by `other`. */
export interface CitedRelation {
  readonly relation: string
  readonly note?: string
  readonly scheme: string
  readonly value: string
}

export interface CitedFunding {
  readonly funderName: string
  readonly funderIdentifier?: string
  readonly awardNumber?: string
  readonly awardUri?: string
  readonly awardTitle?: string
}

/** The fields of a `dataset.entry` record that citations use; records hold more, and may hold anything else. */
export interface EntryLike {
  readonly title: string
  readonly createdAt?: string
  readonly description?: string
  readonly resourceTypeGeneral?: string
  readonly language?: string
  readonly creators?: readonly CitedAgent[]
  readonly contributors?: readonly CitedAgent[]
  readonly publisher?: CitedAgent
  readonly rights?: readonly { readonly spdx?: string; readonly uri?: string; readonly name?: string }[]
  readonly subjects?: readonly { readonly term: string }[]
  readonly identifiers?: readonly CitedIdentifier[]
  readonly dates?: readonly { readonly type: string; readonly value: string; readonly note?: string }[]
  readonly landingPage?: string
  readonly distributions?: readonly { readonly format?: string; readonly contentSize?: string }[]
  readonly funding?: readonly CitedFunding[]
  readonly relatedItems?: readonly {
    readonly relation: string
    readonly relationNote?: string
    readonly ref?: unknown
  }[]
  readonly derivedFrom?: readonly { readonly ref?: unknown }[]
}

/** Where the record stands, which it does not say itself. */
export interface CitationContext {
  readonly uri: string
  /** CID of the state that is cited. */
  readonly cid?: string
  /** The site's page of the dataset. */
  readonly page?: string
  /** Name of the account, for datasets that name no publisher. */
  readonly account?: string
  /** A version's label, date and own identifiers, where one version is cited. */
  readonly version?: {
    readonly version: string
    readonly releasedAt?: string
    readonly identifiers?: readonly CitedIdentifier[]
  }
}

/** Gathers from a record what citations say. */
export function citableOf(entry: EntryLike, context: CitationContext): Citable {
  const { uri, cid, page, account, version } = context
  const identifiers = [...(version?.identifiers ?? []), ...(entry.identifiers ?? [])]
  const [doi] = ownDois(identifiers)
  const dates = entry.dates ?? []
  const dateOf = (type: string) => dates.find(date => date.type.toLowerCase() === type)?.value
  const publisher = entry.publisher?.name.trim() || account
  return {
    uri,
    cid,
    url: (doi && doiAddress(doi)) ?? webAddress(entry.landingPage) ?? page ?? uri,
    title: entry.title,
    creators: creatorsOf(entry, account),
    contributors: entry.contributors ?? [],
    publisher,
    publisherRor: entry.publisher && rorOf(entry.publisher),
    issued: calendarDate(
      version?.releasedAt ?? dateOf('issued') ?? dateOf('available') ?? dateOf('created') ?? entry.createdAt,
    ),
    version: version?.version,
    doi,
    identifiers: identifiers.filter(({ value }) => harmless(value)),
    description: entry.description,
    keywords: keywordsOf(entry),
    language: entry.language,
    rights: (entry.rights ?? []).flatMap(({ uri, ...right }) => {
      const address = webAddress(uri)
      return address || right.spdx || right.name ? [{ ...right, ...(address && { uri: address }) }] : []
    }),
    resourceType: entry.resourceTypeGeneral ?? 'Dataset',
    dates,
    sizes: (entry.distributions ?? []).flatMap(({ contentSize }) =>
      contentSize ? [`${contentSize} bytes`] : [],
    ),
    formats: [...new Set((entry.distributions ?? []).flatMap(({ format }) => (format ? [format] : [])))],
    funding: (entry.funding ?? []).map(({ funderIdentifier, awardUri, ...award }) => ({
      ...award,
      ...(harmless(funderIdentifier) && { funderIdentifier }),
      ...(webAddress(awardUri) && { awardUri: webAddress(awardUri) }),
    })),
    related: [
      ...(entry.derivedFrom ?? []).flatMap(({ ref }) => relatedIdentifier('is-derived-from', ref)),
      ...(entry.relatedItems ?? []).flatMap(({ relation, relationNote, ref }) =>
        relatedIdentifier(relation, ref, relationNote),
      ),
    ],
  }
}

/**
 * An entry as one of its versions describes it: fields of a version stand where they differ. The version's own identifiers come
 * apart, since a DOI of the version goes before the dataset's.
 */
export function citedVersion<Fields extends object>(
  entry: Fields,
  version: Readonly<Record<string, unknown>>,
): { readonly entry: Fields; readonly version: NonNullable<CitationContext['version']> } {
  // What these say is about the version's own record, not about the dataset.
  const {
    $type,
    createdAt,
    dataset,
    entry: _state,
    previous,
    pins,
    changes,
    corrects,
    ...described
  } = version
  const { identifiers, version: label, releasedAt, derivedFrom, ...fields } = described
  const isDerived = Array.isArray(derivedFrom) && derivedFrom.length > 0
  return {
    entry: { ...entry, ...fields, ...(isDerived && { derivedFrom }) },
    version: {
      version: String(label),
      ...(typeof releasedAt === 'string' && { releasedAt }),
      ...(Array.isArray(identifiers) && { identifiers: identifiers as CitedIdentifier[] }),
    },
  }
}

/** Bare DOIs by which a dataset itself is known: one that covers an article or a collection does not name it. */
export function ownDois(identifiers: readonly CitedIdentifier[] = []): string[] {
  const own = identifiers.filter(
    ({ scheme, covers }) =>
      scheme.trim().toLowerCase() === 'doi' &&
      (covers === undefined || covers === 'dataset' || covers === 'version'),
  )
  return [...new Set(own.flatMap(({ value }) => normaliseDoi(value) ?? []))]
}

/** Year, month and day of an ISO 8601 date, as many as it gives. */
export function dateParts(date: string): number[] {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/.exec(date)
  return match ? match.slice(1).filter(Boolean).map(Number) : []
}

function calendarDate(text: string | undefined): string | undefined {
  return text && /^\d{4}(-\d{2}(-\d{2})?)?/.exec(text)?.[0]
}

function relatedIdentifier(relation: string, ref: unknown, note?: string): CitedRelation[] {
  const { scheme, value, uri } = (ref ?? {}) as { scheme?: unknown; value?: unknown; uri?: unknown }
  const said = { relation, ...(note && { note }) }
  if (typeof scheme === 'string' && typeof value === 'string') {
    const plain = scheme.trim().toLowerCase() === 'doi' ? normaliseDoi(value) : harmless(value)
    return plain ? [{ ...said, scheme, value: plain }] : []
  }
  const address = iri(uri)
  return address ? [{ ...said, scheme: 'url', value: address }] : []
}

/** Whoever made it; else whoever publishes it, else the account. */
function creatorsOf({ creators, publisher }: EntryLike, account: string | undefined): readonly CitedAgent[] {
  const named = (creators ?? []).filter(({ name }) => name.trim() !== '')
  if (named.length > 0) return named
  if (publisher?.name.trim()) return [{ nameType: 'Organizational', ...publisher }]
  return account ? [{ name: account, nameType: 'Organizational' }] : []
}
