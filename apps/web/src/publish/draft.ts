import type { TypedLexMap } from '@atproto/lex'
import { type JsonValue, jsonToLex } from '@atproto/lex'
import { datasetsIn } from '@frost/catalogs/detect'
import { fetchDocument } from '@frost/catalogs/read'
import { describedFields, withDescribed } from '@frost/client/described'
import { entryFromFields } from '@frost/client/entry-fields'
import { FrostError, UsageError } from '@frost/client/errors'
import { normaliseDoi, nsid } from '@frost/lexicon'
import { type Asker, type Gateway, Unreadable } from '../gateway.ts'

/** What a new record begins with, and what to know of how it came about. */
export interface Draft {
  readonly base: TypedLexMap
  /** What was done. */
  readonly note?: string
  /** What is not as one would have it. */
  readonly warning?: string
}

export function emptyDraft(): Draft {
  return { base: { $type: nsid('dataset.entry'), title: '', createdAt: new Date().toISOString() } }
}

/**
 * What data says of itself, as the command line publishes it: a place that cannot be read is no obstacle.
 * @throws UsageError for what is no address
 */
export async function draftOfData(gateway: Gateway, url: string, asker: Asker): Promise<Draft> {
  if (!/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(url))
    throw new UsageError(
      `'${url.slice(0, 200)}' is no address of data: write it with its scheme, such as s3://bucket/data.zarr or https://…`,
    )
  try {
    const described = describedFields(await gateway.describe({ url }, asker))
    const entry = withDescribed(
      entryFromFields({ url, ...(described.title && { title: described.title }) }),
      described,
    )
    return { base: entry, note: WAS_READ }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return {
      base: entryFromFields({ url }),
      warning: `The data was not read (${error.message}): the record says only what you say of it here.`,
    }
  }
}

/**
 * A record with what its data says of itself now: variables and columns are those that are read, the rest is filled in where nothing
 * was said.
 */
export async function readAgain(
  gateway: Gateway,
  base: TypedLexMap,
  url: string,
  asker: Asker,
): Promise<Draft> {
  try {
    const described = describedFields(await gateway.describe({ url }, asker))
    const { models, title, ...others } = base
    const kept = {
      ...others,
      ...(title ? { title } : {}),
      ...(described.models.length === 0 && models ? { models } : {}),
    }
    return {
      base: { title: '', ...withDescribed(kept as TypedLexMap, described) } as TypedLexMap,
      note: WAS_READ,
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { base, warning: `The data was not read: ${error.message}` }
  }
}

const WAS_READ = 'Variables or columns, units, extent, size and format were read from the data.'

/** Longest document of metadata, in bytes. */
export const LONGEST_DOCUMENT = 4_000_000

/**
 * The dataset that a document in another catalogue's form describes: STAC, Croissant, schema.org, DataCite, Data Package.
 * @param from an address, a DOI, or a file
 * @param dataciteUrl origin of the REST API that knows DOIs
 * @throws UsageError, FrostError with what is wrong with it
 */
export async function draftOfDocument(
  from: { readonly address: string } | { readonly name: string; readonly text: string },
  dataciteUrl: string,
): Promise<Draft> {
  const document = 'address' in from ? await fetched(addressOf(from.address, dataciteUrl)) : from
  const { form, items } = datasetsIn(document, new Date().toISOString())
  const [item, ...others] = items.filter(({ records }) => records.length > 0)
  const entry = item?.records.find(({ record }) => record.$type === nsid('dataset.entry'))?.record
  if (!entry) {
    const problem = items.find(one => one.problem)?.problem
    throw new UsageError(
      problem
        ? `This document ${problem}`
        : 'This document describes no dataset: give a STAC Collection, Croissant, schema.org Dataset, DataCite metadata or a Data Package',
    )
  }
  return {
    base: jsonToLex(entry as JsonValue) as TypedLexMap,
    note: `Read as ${form}. What has no field here is kept with the record.`,
    ...(others.length > 0 && {
      warning: `The document describes ${others.length + 1} datasets: this is the first. \`frost import\` takes them all.`,
    }),
  }
}

/** Where a document is; of a DOI what DataCite says of it. */
function addressOf(text: string, dataciteUrl: string): string {
  const doi = /^(doi:|10\.|https?:\/\/(dx\.)?doi\.org\/)/i.test(text) ? normaliseDoi(text) : undefined
  if (doi) return `${dataciteUrl}/dois/${encodeURIComponent(doi)}`
  if (/^https?:\/\/\S+$/i.test(text) && URL.canParse(text)) return text
  throw new UsageError(`'${text.slice(0, 200)}' is no web address and no DOI: it begins with https:// or 10.`)
}

async function fetched(address: string) {
  try {
    return await fetchDocument(address, LONGEST_DOCUMENT)
  } catch (error) {
    throw new FrostError('Unreadable', (error as Error).message, { cause: error })
  }
}
