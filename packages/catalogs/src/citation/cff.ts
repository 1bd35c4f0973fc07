import { Document, visit } from 'yaml'
import { type Citable, type CitedAgent, dateParts } from './citable.ts'
import { oneLine, orcidOf, personName, rorOf } from './names.ts'
import { nameOf } from './text.ts'

/**
 * A CITATION.cff file, version 1.2.0 (https://citation-file-format.github.io). Publisher and year have no place at its top; they
 * stand in `preferred-citation`, which readers take where it is there.
 */
export function cff(citable: Citable): string {
  const [year, month] = dateParts(citable.issued ?? '')
  const keywords = [...new Set(citable.keywords.map(oneLine))].filter(Boolean)
  const abstract = printable(citable.description ?? '')
  const version = oneLine(citable.version ?? '')
  const described = {
    title: oneLine(citable.title) || 'Untitled',
    authors: authors(citable.creators),
    ...(version && { version }),
    ...licence(citable.rights[0]),
    ...(keywords.length > 0 && { keywords }),
    ...(abstract && { abstract }),
    identifiers: identifiers(citable),
    ...(citable.doi && DOI.test(citable.doi) && { doi: citable.doi }),
    ...(isAddress(citable.url) && { url: citable.url }),
  }
  const document = {
    'cff-version': '1.2.0',
    message: 'If you use this dataset, please cite it as below.',
    type: 'dataset',
    ...described,
    ...(isFullDate(citable.issued) && { 'date-released': citable.issued }),
    'preferred-citation': {
      type: 'data',
      ...described,
      ...(year && { year }),
      ...(month && month <= 12 && { month }),
      ...(isFullDate(citable.issued) && { 'date-published': citable.issued }),
      ...(citable.publisher && { publisher: entity(citable.publisher, citable.publisherRor) }),
    },
  }
  return yaml(document)
}

/** Text that every reader of YAML, 1.1 or 1.2, takes for text without quotes. */
const PLAIN = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][a-z0-9 ()/.,_-]*[a-z0-9)]$/i

function yaml(value: object): string {
  const document = new Document(value, { aliasDuplicateObjects: false })
  visit(document, {
    Scalar(key, node) {
      if (key !== 'key' && typeof node.value === 'string' && !PLAIN.test(node.value))
        node.type = 'QUOTE_DOUBLE'
    },
  })
  return document.toString({ lineWidth: 100 }).trimEnd()
}

/** A text of several lines without the control characters that YAML cannot hold. */
function printable(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]|\p{Cs}/gu, '')
    .trim()
}

/** The characters that the schema allows in a DOI; another one is listed among the identifiers. */
const DOI = /^10\.\d{4,9}(?:\.\d+)?\/[A-Za-z0-9:/_;\-.()[\]\\]+$/
const isAddress = (text: string) => /^(?:https?|s?ftp):\/\/\S+$/.test(text) && URL.canParse(text)

function isFullDate(text: string | undefined): boolean {
  const date = new Date(`${text}T00:00:00Z`)
  return (
    dateParts(text ?? '').length === 3 &&
    Number.isFinite(date.getTime()) &&
    date.toISOString().startsWith(text!)
  )
}

/** One author is demanded; the guide names those who are not known as a group. */
function authors(creators: readonly CitedAgent[]): object[] {
  const named = creators.filter(agent => personName(agent) !== undefined || nameOf(agent) !== '').map(author)
  const distinct = new Map(named.map(one => [JSON.stringify(one), one]))
  return distinct.size > 0 ? [...distinct.values()] : [{ name: 'anonymous' }]
}

function author(agent: CitedAgent): object {
  const person = personName(agent)
  const orcid = orcidOf(agent)
  if (!person) return { ...entity(nameOf(agent), rorOf(agent)), ...(orcid && { orcid }) }
  const affiliation = (agent.affiliation ?? []).map(({ name }) => oneLine(name)).filter(Boolean)
  return {
    'family-names': person.family,
    ...(person.given && { 'given-names': person.given }),
    ...(orcid && { orcid }),
    ...(affiliation.length > 0 && { affiliation: affiliation.join('; ') }),
  }
}

/** The format knows no ROR; its address stands where an entity's page does. */
function entity(name: string, ror: string | undefined): object {
  return { name: oneLine(name), ...(ror && { website: ror }) }
}

function identifiers({ uri, cid, doi, identifiers: others }: Citable): object[] {
  const all = [
    { type: 'other', value: uri, description: 'AT Protocol record' },
    ...(cid ? [{ type: 'other', value: cid, description: 'CID of the state that is cited' }] : []),
    ...(doi
      ? [{ type: DOI.test(doi) ? 'doi' : 'other', value: doi, description: 'DOI of the dataset' }]
      : []),
    ...others
      .filter(({ scheme, value }) => value.trim() !== '' && scheme.trim().toLowerCase() !== 'doi')
      .map(({ scheme, value }) => ({
        type: 'other',
        value: value.trim(),
        description: oneLine(scheme) || 'identifier',
      })),
  ]
  return [...new Map(all.map(one => [`${one.type} ${one.value}`, one])).values()]
}

/** SPDX ids for data and common software that the schema's list of 2021 holds; the address of any other licence. */
const KNOWN =
  /^(?:CC0-1\.0|CC-BY(?:-NC)?(?:-ND|-SA)?-(?:1\.0|2\.0|2\.5|3\.0|4\.0)|CC-PDDC|CDLA-(?:Permissive|Sharing)-1\.0|etalab-2\.0|NLOD-1\.0|O-UDA-1\.0|ODbL-1\.0|ODC-By-1\.0|OGL-Canada-2\.0|OGL-UK-[123]\.0|PDDL-1\.0|MIT|Apache-2\.0|BSD-[23]-Clause|ISC|Unlicense|MPL-2\.0|(?:A|L)?GPL-3\.0-(?:only|or-later)|GPL-2\.0-(?:only|or-later))$/

function licence(rights: Citable['rights'][number] | undefined): object {
  if (rights?.spdx && KNOWN.test(rights.spdx)) return { license: rights.spdx }
  const address = rights?.uri ?? (rights?.spdx && `https://spdx.org/licenses/${rights.spdx}.html`)
  return address && isAddress(address) ? { 'license-url': address } : {}
}
