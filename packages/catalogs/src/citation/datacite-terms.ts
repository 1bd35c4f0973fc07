/** DataCite's controlled lists (schema 4.7), and the terms of records in them. */

const list = (terms: string): ReadonlyMap<string, string> =>
  new Map(terms.split(/\s+/).map(term => [term.toLowerCase(), term]))

const RESOURCE_TYPES = list(
  'Audiovisual Award Book BookChapter Collection ComputationalNotebook ConferencePaper ConferenceProceeding DataPaper Dataset ' +
    'Dissertation Event Image Instrument InteractiveResource Journal JournalArticle Model OutputManagementPlan PeerReview ' +
    'PhysicalObject Poster Preprint Presentation Project Report Service Software Sound Standard StudyRegistration Text Workflow Other',
)
const CONTRIBUTOR_TYPES = list(
  'ContactPerson DataCollector DataCurator DataManager Distributor Editor HostingInstitution Other Producer ProjectLeader ' +
    'ProjectManager ProjectMember RegistrationAgency RegistrationAuthority RelatedPerson ResearchGroup RightsHolder Researcher ' +
    'Sponsor Supervisor Translator WorkPackageLeader',
)
const DATE_TYPES = list(
  'Accepted Available Collected Copyrighted Coverage Created Issued Other Submitted Updated Valid Withdrawn',
)
const IDENTIFIER_TYPES = list(
  'ARK arXiv bibcode CSTR DOI EAN13 EISSN Handle IGSN ISBN ISSN ISTC LISSN LSID PMID PURL RAiD RRID SWHID UPC URL URN w3id',
)
const RELATION_TYPES = list(
  'IsCitedBy Cites IsSupplementTo IsSupplementedBy IsContinuedBy Continues IsNewVersionOf IsPreviousVersionOf IsPartOf HasPart ' +
    'IsPublishedIn IsReferencedBy References IsDocumentedBy Documents IsCompiledBy Compiles IsVariantFormOf IsOriginalFormOf ' +
    'IsIdenticalTo HasMetadata IsMetadataFor Reviews IsReviewedBy IsDerivedFrom IsSourceOf Describes IsDescribedBy HasVersion ' +
    'IsVersionOf Requires IsRequiredBy Obsoletes IsObsoletedBy Collects IsCollectedBy HasTranslation IsTranslationOf Other',
)

/** `is-derived-from`, `Is Derived From` and `IsDerivedFrom` are one term. */
const plain = (term: string) => term.replace(/[-_\s]+/g, '').toLowerCase()

/** The list's own spelling of a term; `Other` where the list does not hold it. */
const from = (terms: ReadonlyMap<string, string>) => (term: string) => terms.get(plain(term)) ?? 'Other'

export const resourceTypeOf = from(RESOURCE_TYPES)
export const contributorTypeOf = from(CONTRIBUTOR_TYPES)
export const dateTypeOf = from(DATE_TYPES)
export const relationTypeOf = from(RELATION_TYPES)

/** Undefined where DataCite does not know the scheme: the list has no `Other`. */
export function identifierTypeOf(scheme: string, value: string): string | undefined {
  return IDENTIFIER_TYPES.get(plain(scheme)) ?? (/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? 'URL' : undefined)
}

/** The kind of a funder's identifier, read from the identifier itself. */
export function funderIdentifierTypeOf(identifier: string): string {
  if (/ror\.org\//i.test(identifier)) return 'ROR'
  if (/10\.13039\//.test(identifier)) return 'Crossref Funder ID'
  if (/isni/i.test(identifier)) return 'ISNI'
  return /grid\.\d/i.test(identifier) ? 'GRID' : 'Other'
}

/** Where the schemes of name identifiers are explained. */
export const SCHEME_ADDRESSES: Readonly<Record<string, string>> = {
  ORCID: 'https://orcid.org',
  ROR: 'https://ror.org',
  ISNI: 'https://isni.org',
  SPDX: 'https://spdx.org/licenses/',
}

/** DataCite's standard value for what is not known (schema 4, appendix 3). */
export const UNAVAILABLE = ':unav'
