import { type Citable, type CitedAgent, type CitedIdentifier, dateParts } from './citable.ts'
import {
  contributorTypeOf,
  dateTypeOf,
  funderIdentifierTypeOf,
  identifierTypeOf,
  relationTypeOf,
  resourceTypeOf,
  SCHEME_ADDRESSES,
  UNAVAILABLE,
} from './datacite-terms.ts'
import { oneLine, orcidOf, personName, rorAddress, rorOf } from './names.ts'

/** Metadata as DataCite's REST API takes and gives it (https://support.datacite.org/docs/api-create-dois; schema 4.7). */
export interface DataciteAttributes {
  readonly doi?: string
  readonly identifiers: readonly { readonly identifier: string; readonly identifierType: string }[]
  readonly creators: readonly DataciteName[]
  readonly titles: readonly { readonly title: string; readonly lang?: string }[]
  readonly publisher: {
    readonly name: string
    readonly publisherIdentifier?: string
    readonly publisherIdentifierScheme?: string
    readonly schemeUri?: string
  }
  /** Absent where nothing says when it was published, though DataCite demands it. */
  readonly publicationYear?: number
  readonly types: { readonly resourceTypeGeneral: string; readonly resourceType: string }
  readonly subjects?: readonly { readonly subject: string }[]
  readonly contributors?: readonly (DataciteName & { readonly contributorType: string })[]
  readonly dates?: readonly {
    readonly date: string
    readonly dateType: string
    readonly dateInformation?: string
  }[]
  readonly language?: string
  readonly relatedIdentifiers?: readonly {
    readonly relatedIdentifier: string
    readonly relatedIdentifierType: string
    readonly relationType: string
    readonly relationTypeInformation?: string
  }[]
  readonly sizes?: readonly string[]
  readonly formats?: readonly string[]
  readonly version?: string
  readonly rightsList?: readonly {
    readonly rights?: string
    readonly rightsUri?: string
    readonly rightsIdentifier?: string
    readonly rightsIdentifierScheme?: string
    readonly schemeUri?: string
  }[]
  readonly descriptions?: readonly { readonly description: string; readonly descriptionType: string }[]
  readonly fundingReferences?: readonly {
    readonly funderName: string
    readonly funderIdentifier?: string
    readonly funderIdentifierType?: string
    readonly awardNumber?: string
    readonly awardUri?: string
    readonly awardTitle?: string
  }[]
  readonly url: string
  readonly schemaVersion: string
}

export interface DataciteName {
  readonly name: string
  readonly nameType?: 'Personal' | 'Organizational'
  readonly givenName?: string
  readonly familyName?: string
  readonly affiliation?: readonly {
    readonly name: string
    readonly affiliationIdentifier?: string
    readonly affiliationIdentifierScheme?: string
    readonly schemeUri?: string
  }[]
  readonly nameIdentifiers?: readonly {
    readonly nameIdentifier: string
    readonly nameIdentifierScheme: string
    readonly schemeUri?: string
  }[]
}

export function dataciteAttributes(citable: Citable): DataciteAttributes {
  const attributes: DataciteAttributes = {
    doi: citable.doi,
    identifiers: alternateIdentifiers(citable),
    creators: citable.creators.length > 0 ? citable.creators.map(name) : [{ name: UNAVAILABLE }],
    titles: [{ title: oneLine(citable.title) || UNAVAILABLE, ...language(citable.language) }],
    publisher: {
      name: citable.publisher ? oneLine(citable.publisher) : UNAVAILABLE,
      ...(citable.publisherRor && {
        publisherIdentifier: citable.publisherRor,
        publisherIdentifierScheme: 'ROR',
        schemeUri: SCHEME_ADDRESSES.ROR,
      }),
    },
    publicationYear: dateParts(citable.issued ?? '')[0],
    subjects: citable.keywords.filter(word => word.trim()).map(subject => ({ subject })),
    contributors: citable.contributors
      .filter(agent => agent.name.trim())
      .map(agent => ({
        ...name(agent),
        contributorType: contributorTypeOf(agent.roles?.[0]?.name ?? 'other'),
      })),
    dates: citable.dates.filter(({ value }) => value.trim()).map(date),
    language: language(citable.language).lang,
    types: {
      resourceTypeGeneral: resourceTypeOf(citable.resourceType),
      resourceType: oneLine(citable.resourceType),
    },
    relatedIdentifiers: citable.related.flatMap(({ relation, note, scheme, value }) => {
      const relatedIdentifierType = identifierTypeOf(scheme, value)
      const relationType = relationTypeOf(relation)
      const more =
        relationType === 'Other' ? (note ?? (relation === 'other' ? undefined : relation)) : undefined
      if (!relatedIdentifierType) return []
      return [
        {
          relatedIdentifier: value,
          relatedIdentifierType,
          relationType,
          ...(more && { relationTypeInformation: more }),
        },
      ]
    }),
    sizes: citable.sizes,
    formats: citable.formats,
    version: citable.version && oneLine(citable.version),
    rightsList: citable.rights.map(rights),
    descriptions: citable.description?.trim()
      ? [{ description: citable.description, descriptionType: 'Abstract' }]
      : [],
    fundingReferences: citable.funding.filter(({ funderName }) => funderName.trim()).map(funding),
    url: citable.url,
    schemaVersion: 'http://datacite.org/schema/kernel-4',
  }
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  ) as unknown as DataciteAttributes
}

export function dataciteJson(citable: Citable): string {
  return JSON.stringify(dataciteAttributes(citable), null, 2)
}

/** The at-uri, the CID of the state, and every identifier beside the DOI. */
function alternateIdentifiers({ identifiers, doi, uri, cid }: Citable): DataciteAttributes['identifiers'] {
  const others = identifiers
    .filter(
      ({ scheme, value }) =>
        value.trim() !== '' && !(doi && value.toLowerCase().endsWith(doi)) && scheme.trim(),
    )
    .map(({ scheme, value }) => ({ identifierType: scheme, identifier: value }))
  return [
    ...others,
    { identifierType: 'at-uri', identifier: uri },
    ...(cid ? [{ identifierType: 'CID', identifier: cid }] : []),
  ]
}

function name(agent: CitedAgent): DataciteName {
  const person = personName(agent)
  const identifiers = nameIdentifiers(agent)
  const affiliation = (agent.affiliation ?? []).filter(({ name }) => name.trim()).map(institution)
  const isInstitution = /organi[sz]ation/i.test(agent.nameType ?? '') || rorOf(agent) !== undefined
  return {
    name: person
      ? [person.family, person.given].filter(Boolean).join(', ')
      : oneLine(agent.name) || UNAVAILABLE,
    ...(person && {
      nameType: 'Personal',
      ...(person.given && { givenName: person.given }),
      familyName: person.family,
    }),
    ...(!person && isInstitution && { nameType: 'Organizational' }),
    ...(affiliation.length > 0 && { affiliation }),
    ...(identifiers.length > 0 && { nameIdentifiers: identifiers }),
  }
}

function nameIdentifiers(agent: CitedAgent): NonNullable<DataciteName['nameIdentifiers']> {
  const own = { ORCID: orcidOf(agent), ROR: rorOf(agent) }
  const known = Object.entries(own).flatMap(([scheme, value]) => (value ? [{ scheme, value }] : []))
  const others = (agent.identifiers ?? []).filter(
    ({ scheme, value }) =>
      value.trim() && scheme.trim() && !own[scheme.trim().toUpperCase() as keyof typeof own],
  )
  const account = agent.did ? [{ scheme: 'DID', value: agent.did }] : []
  return [...known, ...others, ...account].map(({ scheme, value, schemeUri }: CitedIdentifier) => {
    const nameIdentifierScheme = scheme.trim().toUpperCase()
    const address = schemeUri ?? SCHEME_ADDRESSES[nameIdentifierScheme]
    return { nameIdentifier: value, nameIdentifierScheme, ...(address && { schemeUri: address }) }
  })
}

function institution({
  name,
  ror,
}: {
  name: string
  ror?: string
}): NonNullable<DataciteName['affiliation']>[number] {
  const address = rorAddress(ror)
  return {
    name: oneLine(name),
    ...(address && {
      affiliationIdentifier: address,
      affiliationIdentifierScheme: 'ROR',
      schemeUri: SCHEME_ADDRESSES.ROR,
    }),
  }
}

function date({
  type,
  value,
  note,
}: Citable['dates'][number]): NonNullable<DataciteAttributes['dates']>[number] {
  const dateType = dateTypeOf(type)
  const information = [dateType === 'Other' && type.toLowerCase() !== 'other' && type, note]
    .filter(Boolean)
    .join(': ')
  return { date: value, dateType, ...(information && { dateInformation: information }) }
}

function rights({
  spdx,
  uri,
  name,
}: Citable['rights'][number]): NonNullable<DataciteAttributes['rightsList']>[number] {
  const text = name ?? spdx ?? uri
  const address = uri ?? (spdx && `${SCHEME_ADDRESSES.SPDX}${spdx}.html`)
  return {
    ...(text && { rights: text }),
    ...(address && { rightsUri: address }),
    ...(spdx && {
      rightsIdentifier: spdx.toLowerCase(),
      rightsIdentifierScheme: 'SPDX',
      schemeUri: SCHEME_ADDRESSES.SPDX,
    }),
  }
}

function funding(
  award: Citable['funding'][number],
): NonNullable<DataciteAttributes['fundingReferences']>[number] {
  const { funderName, funderIdentifier, awardNumber, awardUri, awardTitle } = award
  return {
    funderName,
    ...(funderIdentifier && {
      funderIdentifier,
      funderIdentifierType: funderIdentifierTypeOf(funderIdentifier),
    }),
    ...(awardNumber && { awardNumber }),
    ...(awardUri && { awardUri }),
    ...(awardTitle && { awardTitle }),
  }
}

/** A language tag (BCP 47); anything else is not said. */
function language(tag: string | undefined): { lang?: string } {
  return tag && /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(tag) ? { lang: tag } : {}
}
