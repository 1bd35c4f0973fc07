import { readFile } from 'node:fs/promises'
import type { EntryFields } from '@frost/client/entry-fields'
import { FrostError, UsageError } from '@frost/client/errors'
import type { LookupOptions } from '@frost/client/lookup'
import type { Command } from 'commander'
import { gather } from '../context.ts'

/** The options with which `publish` and `edit` describe a dataset. */
export interface EntryOptions {
  title?: string
  description?: string
  descriptionFile?: string
  license?: string[]
  format?: string
  keyword?: string[]
  creator?: string[]
  bbox?: string
  from?: string
  until?: string
  variable?: string[]
  derivedFrom?: string[]
  doi?: string
  landingPage?: string
  access?: string
  embargo?: string
  accessRequest?: string
  terms?: string
  related?: string[]
  funding?: string[]
  image?: string
  record?: string
}

export function addEntryOptions(command: Command): Command {
  return command
    .option('--title <title>', 'title, up to 300 characters')
    .option('--description <text>', 'description, Markdown')
    .option('--description-file <file>', 'file with the description; - for standard input')
    .option('--license <license>', 'SPDX id, address or name; may be repeated', gather())
    .option('--format <format>', 'data format; read from the URL where left out')
    .option('--keyword <keyword>', 'keyword; may be repeated or hold commas', gather(','))
    .option(
      '--creator <name>',
      "creator: 'Family, Given (ORCID)' or an institution; may be repeated",
      gather(),
    )
    .option('--bbox <W,S,E,N>', 'box in degrees that the data covers')
    .option('--from <time>', 'begin of the data, ISO 8601')
    .option('--until <time>', "end of the data, ISO 8601; '..' where it goes on")
    .option('--variable <name:units>', 'variable with its units; may be repeated', gather())
    .option('--derived-from <ref>', 'dataset this one was made from; may be repeated', gather())
    .option('--doi <doi>', 'DOI of the dataset')
    .option('--landing-page <url>', 'page that tells people about the dataset')
    .option(
      '--access <level>',
      'who may get at the data: open, registered, restricted, embargoed, metadata-only, commercial',
    )
    .option('--embargo <time>', 'when an embargo on the data ends, ISO 8601')
    .option('--access-request <url>', 'where to ask for access to the data')
    .option('--terms <text>', 'terms of use of the data, or the address of a page with them')
    .option(
      '--related <relation=ref>',
      'paper, code or documentation, such as is-described-by=10.1000/xyz; may be repeated',
      gather(),
    )
    .option('--funding <funding>', "who paid: 'Funder; award number; address'; may be repeated", gather())
    .option('--image <url>', 'picture that shows at a glance what the data is')
    .option('--record <file>', 'the whole record as JSON; - for standard input')
}

/** Gathers fields from options, with references normalised. @throws UsageError for options that exclude each other. */
export async function fieldsFrom(
  options: EntryOptions,
  lookup: LookupOptions,
  url?: string,
): Promise<EntryFields> {
  if (options.description !== undefined && options.descriptionFile !== undefined) {
    throw new UsageError('give --description or --description-file, not both')
  }
  const { referenceFrom } = await import('@frost/client/normalise')
  const derivedFrom =
    options.derivedFrom && (await Promise.all(options.derivedFrom.map(ref => referenceFrom(ref, lookup))))
  const { relatedFrom } = await import('@frost/client/entry-links')
  const related =
    options.related &&
    (await Promise.all(
      options.related.map(async text => {
        const { relation, ref } = relatedFrom(text)
        return { relation, ref: await referenceFrom(ref, lookup) }
      }),
    ))
  return {
    url,
    title: options.title,
    description:
      options.descriptionFile === undefined ? options.description : await textOf(options.descriptionFile),
    licenses: options.license,
    format: options.format,
    keywords: options.keyword,
    creators: options.creator,
    bbox: options.bbox,
    from: options.from,
    until: options.until,
    variables: options.variable,
    doi: options.doi,
    landingPage: options.landingPage,
    access: options.access,
    embargoUntil: options.embargo,
    accessRequest: options.accessRequest,
    terms: options.terms,
    derivedFrom,
    related,
    funding: options.funding,
    image: options.image,
  }
}

/** A record from a file of JSON. @throws FrostError that says where the JSON breaks. */
export async function recordFrom(file: string): Promise<unknown> {
  const text = await textOf(file)
  const { lexParse } = await import('@atproto/lex')
  try {
    return lexParse(text)
  } catch (cause) {
    const name = file === '-' ? 'standard input' : file
    throw new FrostError('BadRecord', `${name} holds no record: ${(cause as Error).message}`, { cause })
  }
}

/** A file's text; `-` is standard input. At most 2 MiB: no record is larger. */
export async function textOf(file: string): Promise<string> {
  const bytes = file === '-' ? await standardInput() : await readFile(file)
  if (bytes.byteLength > 2 * 1024 * 1024) {
    throw new UsageError(
      `${file} has ${bytes.byteLength} bytes: a record holds at most 1 MB, link what is longer`,
    )
  }
  return bytes.toString('utf8')
}

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
