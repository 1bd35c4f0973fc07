import type { BlobRef, LexMap, TypedLexMap } from '@atproto/lex'
import { nsid } from '@frost/lexicon'
import { UsageError } from './errors.ts'
import { type AgentIdentifier, agentIdentifier } from './people.ts'
import type { Repository, Written } from './repository.ts'
import { checked } from './validation.ts'

const PROFILE = nsid('actor.profile')
const KEY = 'self'
export const LARGEST_PICTURE = 1_000_000
const MOST_IDENTIFIERS = 8

/** Who an account says that it is. Empty texts stand for what is not said. */
export interface ProfileFields {
  readonly name: string
  readonly kind: string
  /** Markdown. */
  readonly description: string
  readonly homepage: string
  /** ORCID iD of a person, ROR id of an institution; bare or as addresses. */
  readonly orcid: string
  readonly ror: string
  /** Where a person works. */
  readonly affiliation: string
  /** ROR id of where they work. */
  readonly affiliationRor: string
  /** Address of a role, never a person's own. */
  readonly email: string
}

/** A picture to take, none any more, or the one that is there. */
export type Picture = Uint8Array | 'none' | 'kept'

/** The profile as it stands in the repository, every field as text. */
export async function readProfile(
  repository: Repository,
): Promise<{ readonly fields: ProfileFields; readonly cid?: string; readonly hasPicture: boolean }> {
  const held = await repository.get(PROFILE, KEY)
  const value: LexMap = held?.value ?? {}
  const identified = (scheme: string) =>
    text(objects(value.identifiers).find(one => text(one.scheme).toLowerCase() === scheme)?.value)
  const [work] = objects(value.affiliation)
  return {
    fields: {
      name: text(value.name),
      kind: text(value.kind),
      description: text(value.description),
      homepage: text(value.homepage),
      orcid: identified('orcid'),
      ror: identified('ror'),
      affiliation: text(work?.name),
      affiliationRor: text(work?.ror),
      email: text(value.email),
    },
    ...(held && { cid: held.cid }),
    hasPicture: value.avatar !== undefined,
  }
}

/**
 * Writes the profile; what the fields do not speak of stays as it is.
 * @param expected CID of the profile that was changed; null where there was none
 * @throws UsageError that names what is wrong, FrostError `RecordChanged`
 */
export async function writeProfile(
  repository: Repository,
  fields: ProfileFields,
  picture: Picture,
  expected: string | null,
): Promise<Written> {
  const held = await repository.get(PROFILE, KEY)
  const changed = changedProfile(
    held?.value ?? { $type: PROFILE, createdAt: new Date().toISOString() },
    fields,
  )
  const avatar = picture === 'kept' ? changed.avatar : await pictureOf(repository, picture)
  const { avatar: _, ...rest } = changed
  const record = { ...rest, ...(avatar !== undefined && { avatar }) } as TypedLexMap
  return repository.put(checked(record).record, KEY, expected)
}

/** The record with these fields. @throws UsageError that names what is wrong */
export function changedProfile(record: TypedLexMap, fields: ProfileFields): TypedLexMap {
  const { name, kind, description, homepage, orcid, ror, affiliation, affiliationRor, email } = fields
  if (name === '') throw new UsageError('Give a name: it is how you are shown and cited.')
  if (homepage !== '' && !/^https?:$/.test(URL.parse(homepage)?.protocol ?? ''))
    throw new UsageError(`'${homepage.slice(0, 100)}' is no web address: it begins with https://`)
  if (affiliation === '' && affiliationRor !== '')
    throw new UsageError('Name the institution beside its ROR id.')
  const own = [identifier(orcid, 'orcid'), identifier(ror, 'ror')].flatMap(one => (one ? [{ ...one }] : []))
  const others = objects(record.identifiers).filter(one => !/^(orcid|ror)$/i.test(text(one.scheme)))
  const identifiers = [...own, ...others].slice(0, MOST_IDENTIFIERS)
  const work = identifier(affiliationRor, 'ror')
  const places = [
    ...(affiliation === '' ? [] : [{ name: affiliation, ...(work && { ror: work.value }) }]),
    ...objects(record.affiliation).slice(1),
  ]
  const said: LexMap = { kind, description, homepage, email }
  const isPerson = kind === '' || kind === 'person'
  const [, family, given] = /^([^,]+),\s*(.+)$/.exec(name) ?? []
  const { familyName: _family, givenName: _given, ...rest } = record
  // Parts of the former name are not those of another.
  const ofPerson = name === record.name ? record : given ? { familyName: family, givenName: given } : {}
  const parts: LexMap = isPerson ? ofPerson : {}
  const made: LexMap = { ...rest, name }
  for (const part of ['familyName', 'givenName'] as const) {
    const value = text(parts[part])
    if (value !== '') made[part] = value
  }
  for (const [field, value] of Object.entries(said)) {
    if (value === '') delete made[field]
    else made[field] = value
  }
  if (identifiers.length > 0) made.identifiers = identifiers
  else delete made.identifiers
  if (places.length > 0) made.affiliation = places
  else delete made.affiliation
  return made as TypedLexMap
}

/** @throws UsageError where the text is no id of this register */
function identifier(id: string, scheme: AgentIdentifier['scheme']): AgentIdentifier | undefined {
  if (id === '') return undefined
  const found = agentIdentifier(id)
  if (found.scheme === scheme) return found
  const [wanted, given] = scheme === 'orcid' ? ['an ORCID iD', 'a ROR id'] : ['a ROR id', 'an ORCID iD']
  throw new UsageError(`'${id.slice(0, 100)}' is ${given}: ${wanted} stands there`)
}

async function pictureOf(repository: Repository, picture: Uint8Array | 'none'): Promise<BlobRef | undefined> {
  if (picture === 'none') return undefined
  if (picture.length > LARGEST_PICTURE)
    throw new UsageError(
      `The picture has ${picture.length} bytes: ${LARGEST_PICTURE} are taken. Make it smaller; 400 by 400 pixels are plenty.`,
    )
  const type = pictureType(picture)
  if (!type) throw new UsageError('The picture is neither PNG, JPEG nor WebP: save it as one of these.')
  return repository.upload(picture, type)
}

/** What bytes are by their first ones, whatever their name says; undefined for what is no picture of a profile. */
export function pictureType(bytes: Uint8Array): 'image/png' | 'image/jpeg' | 'image/webp' | undefined {
  const starts = (...values: readonly number[]) => values.every((value, place) => bytes[place] === value)
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg'
  const isWebp = starts(0x52, 0x49, 0x46, 0x46) && String.fromCharCode(...bytes.subarray(8, 12)) === 'WEBP'
  return isWebp ? 'image/webp' : undefined
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const objects = (value: unknown): LexMap[] =>
  Array.isArray(value) ? value.filter(item => typeof item === 'object' && item !== null) : []
