import type { Citable } from './citable.ts'
import { type DataciteName, dataciteAttributes } from './datacite.ts'
import { element, type XmlNode, xmlDocument } from './xml.ts'

const NAMESPACE = 'http://datacite.org/schema/kernel-4'
const LOCATION = `${NAMESPACE} https://schema.datacite.org/meta/kernel-4.7/metadata.xsd`
/** DataCite's XML demands four digits; a dataset that says no year was published in none that is known. */
const NO_YEAR = '0000'

/** Metadata as an XML document of DataCite's schema 4.7 (https://schema.datacite.org/meta/kernel-4.7/). */
export function dataciteXml(citable: Citable): string {
  const said = dataciteAttributes(citable)
  const { publisher, types } = said
  // Only a DOI is an identifier by the schema's word; without one, the at-uri says what is described.
  const [identifier, identifierType] = said.doi ? [said.doi, 'DOI'] : [citable.uri, 'at-uri']
  const others = said.identifiers.filter(one => one.identifier !== identifier)
  return xmlDocument(
    element(
      'resource',
      {
        xmlns: NAMESPACE,
        'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
        'xsi:schemaLocation': LOCATION,
      },
      element('identifier', { identifierType }, identifier),
      list(
        'creators',
        said.creators.map(creator => person('creator', creator)),
      ),
      list(
        'titles',
        said.titles.map(({ title, lang }) => element('title', { 'xml:lang': lang }, title)),
      ),
      element(
        'publisher',
        {
          publisherIdentifier: publisher.publisherIdentifier,
          publisherIdentifierScheme: publisher.publisherIdentifierScheme,
          schemeURI: publisher.schemeUri,
        },
        publisher.name,
      ),
      element('publicationYear', {}, String(said.publicationYear ?? NO_YEAR).padStart(4, '0')),
      element('resourceType', { resourceTypeGeneral: types.resourceTypeGeneral }, types.resourceType),
      list(
        'subjects',
        said.subjects?.map(({ subject }) => element('subject', {}, subject)),
      ),
      list(
        'contributors',
        said.contributors?.map(one => person('contributor', one, { contributorType: one.contributorType })),
      ),
      list(
        'dates',
        said.dates?.map(({ date, dateType, dateInformation }) =>
          element('date', { dateType, dateInformation }, date),
        ),
      ),
      said.language && element('language', {}, said.language),
      list(
        'alternateIdentifiers',
        others.map(one =>
          element('alternateIdentifier', { alternateIdentifierType: one.identifierType }, one.identifier),
        ),
      ),
      list(
        'relatedIdentifiers',
        said.relatedIdentifiers?.map(({ relatedIdentifier, ...attributes }) =>
          element('relatedIdentifier', attributes, relatedIdentifier),
        ),
      ),
      list(
        'sizes',
        said.sizes?.map(size => element('size', {}, size)),
      ),
      list(
        'formats',
        said.formats?.map(format => element('format', {}, format)),
      ),
      said.version && element('version', {}, said.version),
      list(
        'rightsList',
        said.rightsList?.map(({ rights, rightsUri, rightsIdentifier, rightsIdentifierScheme, schemeUri }) =>
          element(
            'rights',
            {
              rightsURI: address(rightsUri),
              rightsIdentifier,
              rightsIdentifierScheme,
              schemeURI: schemeUri,
            },
            rights,
          ),
        ),
      ),
      list(
        'descriptions',
        said.descriptions?.map(({ description, descriptionType }) =>
          element('description', { descriptionType }, description),
        ),
      ),
      list(
        'fundingReferences',
        said.fundingReferences?.map(award =>
          element(
            'fundingReference',
            {},
            element('funderName', {}, award.funderName),
            award.funderIdentifier &&
              element(
                'funderIdentifier',
                { funderIdentifierType: award.funderIdentifierType },
                award.funderIdentifier,
              ),
            (award.awardNumber || award.awardUri) &&
              element('awardNumber', { awardURI: address(award.awardUri) }, award.awardNumber),
            award.awardTitle && element('awardTitle', {}, award.awardTitle),
          ),
        ),
      ),
    ),
  )
}

function person(tag: string, agent: DataciteName, attributes: Record<string, string> = {}): XmlNode {
  return element(
    tag,
    attributes,
    element(`${tag}Name`, { nameType: agent.nameType }, agent.name),
    agent.givenName && element('givenName', {}, agent.givenName),
    agent.familyName && element('familyName', {}, agent.familyName),
    ...(agent.nameIdentifiers ?? []).map(({ nameIdentifier, nameIdentifierScheme, schemeUri }) =>
      element('nameIdentifier', { nameIdentifierScheme, schemeURI: address(schemeUri) }, nameIdentifier),
    ),
    ...(agent.affiliation ?? []).map(
      ({ name, affiliationIdentifier, affiliationIdentifierScheme, schemeUri }) =>
        element(
          'affiliation',
          { affiliationIdentifier, affiliationIdentifierScheme, schemeURI: schemeUri },
          name,
        ),
    ),
  )
}

function list(tag: string, nodes: readonly XmlNode[] | undefined): XmlNode | undefined {
  return nodes && nodes.length > 0 ? element(tag, {}, ...nodes) : undefined
}

/** `xs:anyURI` as validators take it: what they would refuse is not said. */
function address(text: string | undefined): string | undefined {
  return text && URL.canParse(text) ? new URL(text).href : undefined
}
