import { hash } from 'node:crypto'
import type { LexMap, TypedLexMap } from '@atproto/lex'
import {
  citableOf,
  type DataciteAttributes,
  dataciteAttributes,
  type EntryLike,
  ownDois,
} from '@frost/catalogs/citation/index'
import { normaliseDoi } from '@frost/lexicon'
import { type Cited, findCitable } from './cite.ts'
import type { Datacite, RegisteredDoi } from './datacite.ts'
import { FrostError, UsageError } from './errors.ts'
import type { LookupOptions } from './lookup.ts'
import { recordReference } from './reference.ts'
import type { Repository } from './repository.ts'
import { isLoopback } from './settings.ts'
import { checked } from './validation.ts'

/** A DOI that was registered, and the record that names it now. */
export interface MintedDoi extends RegisteredDoi {
  readonly uri: string
  readonly cid: string
  /** False where the DOI was registered before, and its metadata brought up to date. */
  readonly created: boolean
  /** False where the record named the DOI already. */
  readonly written: boolean
}

export interface MintOptions {
  readonly lookup: LookupOptions
  readonly repository: Repository
  readonly datacite: Datacite
  /** The site's page of the dataset, to which the DOI leads where the record names no landing page. */
  readonly page: (cited: Cited) => string
  /** Registers a version's own DOI. */
  readonly tag?: string
  /** A draft resolves nowhere and can be deleted. */
  readonly draft?: boolean
}

/**
 * Registers a DOI for one of one's own datasets or versions and writes it into the record's identifiers. The DOI follows from the
 * record's at-uri, so that an interruption between the two leaves nothing double: the same again ends what was begun.
 * @throws FrostError `NotYours`, `HasDoi`, `Incomplete`, and what {@link Datacite} throws
 */
export async function mintDoi(ref: string, options: MintOptions): Promise<MintedDoi> {
  const { lookup, repository, datacite, tag, draft = false } = options
  const cited = await findCitable(ref, lookup, tag)
  if (cited.owner.did !== repository.did) {
    const owner = cited.owner.handle ?? cited.owner.did
    throw new FrostError(
      'NotYours',
      `'${ref}' belongs to ${owner}: a DOI is registered by the dataset's owner`,
    )
  }
  const named = namedDoi(cited)
  const { prefix } = datacite.account
  if (named !== undefined && !named.startsWith(`${prefix}/`))
    throw new FrostError(
      'HasDoi',
      `${cited.uri} has the DOI ${named} already, under another prefix than ${prefix}`,
    )
  const doi = named ?? `${prefix}/${suffixOf(cited.uri)}`
  const attributes = complete(attributesOf(cited, options.page(cited)), cited.uri)
  if (!draft && isLoopback(attributes.url) && !isLoopback(datacite.account.url))
    throw new UsageError(
      `the DOI would lead to ${attributes.url}, which is on this machine: set FROST_PUBLIC_URL, or give the dataset a landing page`,
    )
  const { created, ...minted } = await datacite.mint({ ...attributes, doi }, { findable: !draft })
  const written = named === undefined ? await writeDoi(repository, cited, doi) : undefined
  return { ...minted, created, uri: cited.uri, cid: written ?? cited.cid, written: written !== undefined }
}

/** Sixteen characters that follow from the at-uri (80 bits of its SHA-256), in Crockford's base 32, four by four. */
export function suffixOf(uri: string): string {
  const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
  const bits = BigInt(`0x${hash('sha256', uri, 'hex').slice(0, 20)}`)
  const characters = Array.from(
    { length: 16 },
    (_, place) => ALPHABET[Number((bits >> BigInt(75 - 5 * place)) & 31n)],
  )
  return `frost.${characters.join('').replace(/(.{4})(?=.)/g, '$1-')}`
}

/** The DOI that the record itself has; a version does not have its dataset's. */
function namedDoi({ entry, version }: Cited): string | undefined {
  const own = version ? version.identifiers : fieldsOf(entry).identifiers
  return ownDois(own)[0]
}

/** A valid record, whose fields are as its lexicon says. */
const fieldsOf = (entry: Cited['entry']) => entry as unknown as EntryLike

/** Without a CID: a DOI names the dataset, whatever state it is in. */
function attributesOf({ entry, uri, owner, version }: Cited, page: string): DataciteAttributes {
  const citable = citableOf(fieldsOf(entry), {
    uri,
    page,
    account: owner.handle ?? owner.did,
    version,
  })
  const { landingPage } = fieldsOf(entry)
  // Not the resolver's address of the DOI that is there already, which would lead in a circle.
  return dataciteAttributes({
    ...citable,
    doi: undefined,
    url: landingPage && URL.canParse(landingPage) ? landingPage : page,
  })
}

/** @throws FrostError `Incomplete` that names what DataCite demands and the record does not say */
function complete(attributes: DataciteAttributes, uri: string): DataciteAttributes {
  const missing = [
    attributes.publicationYear === undefined && 'a year (dates, or releasedAt)',
    attributes.creators.every(({ name }) => name.startsWith(':')) && 'creators',
    attributes.publisher.name.startsWith(':') && 'a publisher',
  ].filter(Boolean)
  if (missing.length === 0) return attributes
  throw new FrostError(
    'Incomplete',
    `${uri} cannot have a DOI yet, it lacks ${missing.join(', ')}: add with 'frost edit'`,
  )
}

/** Adds the DOI to the record as it is now, unless it is there; answers the record's new CID. */
async function writeDoi(repository: Repository, { uri, version }: Cited, doi: string): Promise<string> {
  const { collection, rkey } = recordReference(uri)
  for (let attempt = 1; ; attempt++) {
    const current = await repository.get(collection, rkey)
    if (!current)
      throw new FrostError(
        'NotFound',
        `${uri} was deleted meanwhile: ${doi} is registered and no record names it`,
      )
    const identifiers = (current.value.identifiers ?? []) as LexMap[]
    if (identifiers.some(({ value }) => typeof value === 'string' && normaliseDoi(value) === doi))
      return current.cid
    const own = { scheme: 'doi', value: doi, covers: version ? 'version' : 'dataset' }
    const { record } = checked({ ...current.value, identifiers: [...identifiers, own] } as TypedLexMap)
    try {
      return (await repository.put(record, rkey, current.cid)).cid
    } catch (error) {
      // Somebody edited it in between: what they wrote stands, and the DOI is added to that.
      if (!(error instanceof FrostError && error.code === 'RecordChanged') || attempt >= 3) throw error
    }
  }
}
