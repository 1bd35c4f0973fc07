import type { LexMap, TypedLexMap } from '@atproto/lex'
import { licenceId } from '@frost/catalogs/licence'
import { bboxFrom, doiFrom, rightsFrom, timeFrom, withFields } from '@frost/client/entry-fields'
import { FrostError, UsageError } from '@frost/client/errors'
import { formatOfLocation } from '@frost/client/formats'
import { agentFrom, agentIdentifier } from '@frost/client/people'
import { faultOf } from '@frost/client/validation'
import { changeFunding, changeImage, changeLinks } from './change-links.ts'
import {
  coverageParts,
  type EntryForm,
  formOf,
  isEmptyRow,
  isKeyword,
  keywords,
  keywordsIn,
  ownDoi,
  type PersonRow,
  type PlaceRow,
  type SourceRow,
} from './form.ts'
import { isObject, isSame, listOf, sentence, some, textOf } from './values.ts'

/** What is wrong with a form, by the name of the field; under the empty name what is wrong with the record as a whole. */
export type Problems = ReadonlyMap<string, string>

export interface Changed {
  readonly record: TypedLexMap
  readonly problems: Problems
}

type Fields = Record<string, LexMap[string] | undefined>
/** Turns what somebody typed into a reference. @throws FrostError with what is wrong */
export type Referrer = (text: string) => Promise<LexMap>

/**
 * The record with what the form says. Whatever the form leaves as the record has it stays, byte for byte, and so does everything
 * that the form does not know.
 */
export async function changedBy(base: TypedLexMap, form: EntryForm, refer: Referrer): Promise<Changed> {
  const before = formOf(base)
  const record: Fields = { ...base }
  const problems = new Map<string, string>()
  const attempt = (field: string, change: () => void) => {
    try {
      change()
    } catch (error) {
      if (!(error instanceof FrostError)) throw error
      problems.set(field, sentence(error.message))
    }
  }
  const differs = (...names: (keyof EntryForm)[]) =>
    names.some(name => JSON.stringify(form[name]) !== JSON.stringify(before[name]))

  if (form.title === '') problems.set('title', 'A dataset needs a title.')
  if (differs('title')) record.title = form.title
  if (differs('description')) record.description = form.description || undefined
  if (differs('landingPage')) attempt('landingPage', () => changePage(record, form))
  if (differs('license')) record.rights = some(licences(base, form.license))
  if (differs('access', 'embargoUntil', 'requestUri', 'terms')) changeAccess(record, base, form, attempt)
  if (differs('keywords')) record.subjects = some(subjects(base, form.keywords))
  if (differs('publisher', 'publisherId')) attempt('publisherId', () => changePublisher(record, base, form))
  if (differs('doi')) attempt('doi', () => changeDoi(record, base, form.doi))
  if (differs('west', 'south', 'east', 'north')) attempt('bbox', () => changeBox(record, form))
  if (differs('from', 'until', 'ongoing')) changeTime(record, form, attempt)
  if (form.variables !== '') attempt('variables', () => changeVariables(record, form.variables))
  if (differs('places')) changePlaces(record, base, form.places, before.places, attempt)
  if (differs('people')) changePeople(record, base, form.people, before.people, attempt)
  if (differs('image')) attempt('image', () => changeImage(record, form))
  const problem = (field: string, text: string) => problems.set(field, text)
  if (differs('funding')) changeFunding(record, base, form, before, problem)
  if (differs('links')) await changeLinks(record, base, form, before, refer, problem)
  if (differs('sources')) await changeSources(record, base, form, before, refer, problems)

  const whole = pruned(record) as TypedLexMap
  const fault = problems.size === 0 ? faultOf(whole) : undefined
  if (fault !== undefined) problems.set('', `The record cannot be published: ${fault}`)
  return { record: whole, problems }
}

type Attempt = (field: string, change: () => void) => void

function changePage(record: Fields, { landingPage }: EntryForm): void {
  if (landingPage !== '' && !/^https?:\/\/\S+$/i.test(landingPage))
    throw new UsageError(`'${landingPage}' is no web address: it begins with https://`)
  record.landingPage = landingPage || undefined
}

function licences(base: LexMap, text: string): LexMap[] {
  const [, ...others] = listOf(base.rights)
  return text === ''
    ? others
    : [rightsFrom(/^https?:/i.test(text) ? text : (licenceId(text) ?? text)), ...others]
}

function changeAccess(record: Fields, base: LexMap, form: EntryForm, attempt: Attempt): void {
  const { access: level, embargoUntil, requestUri, terms } = form
  if (level === '' && embargoUntil + requestUri + terms === '') {
    record.access = undefined
    return
  }
  attempt('embargoUntil', () => {
    if (embargoUntil === '') return
    if (level !== 'embargoed')
      throw new UsageError(
        'Only data under embargo is closed until a time: choose that, or leave the time out.',
      )
    timeFrom('--embargo', embargoUntil)
  })
  attempt('requestUri', () => {
    if (requestUri !== '' && !/^(https?:\/\/|mailto:)\S+$/i.test(requestUri))
      throw new UsageError(`'${requestUri}' is no address to ask at: it begins with https:// or mailto:`)
  })
  const { embargoUntil: _, requestUri: __, terms: ___, ...others } = isObject(base.access) ? base.access : {}
  record.access = {
    ...others,
    level: level || 'open',
    ...(embargoUntil && { embargoUntil }),
    ...(requestUri && { requestUri }),
    ...(terms && { terms }),
  }
}

function subjects(base: LexMap, text: string): LexMap[] {
  const known = new Map(keywords(base).map(subject => [textOf(subject.term), subject]))
  const others = listOf(base.subjects).filter(subject => !isKeyword(subject))
  return [...keywordsIn(text).map(term => known.get(term) ?? { term }), ...others]
}

function changePublisher(record: Fields, base: LexMap, { publisher, publisherId }: EntryForm): void {
  if (publisher === '') {
    if (publisherId !== '') throw new UsageError('An id needs a name beside it.')
    record.publisher = undefined
    return
  }
  record.publisher = agent(isObject(base.publisher) ? base.publisher : undefined, publisher, publisherId)
}

function changeDoi(record: Fields, base: LexMap, text: string): void {
  const own = ownDoi(base)
  const others = listOf(base.identifiers).filter(identifier => identifier !== own)
  record.identifiers = some(
    text === '' ? others : [{ ...own, scheme: 'doi', value: doiFrom(text), covers: 'dataset' }, ...others],
  )
}

function changeBox(record: Fields, { west, south, east, north }: EntryForm): void {
  const sides = { west, south, east, north }
  const empty = Object.entries(sides).filter(([, side]) => side === '')
  const { spatial: current } = coverageParts(record as LexMap)
  if (empty.length > 0 && empty.length < 4)
    throw new UsageError(`A box has four sides: ${empty.map(([name]) => name).join(' and ')} is missing.`)
  const all = listOf(coverageOf(record).spatial)
  if (empty.length === 4) {
    const { bbox: _, ...rest } = current ?? {}
    const kept = Object.keys(rest).length > 0 ? [rest as LexMap] : []
    return setCoverage(record, { spatial: some(all.flatMap(one => (one === current ? kept : [one]))) })
  }
  const bbox = bboxFrom([west, south, east, north].join(','))
  setCoverage(record, {
    spatial: current
      ? all.map(one => (one === current ? { ...one, bbox: { ...bbox } } : one))
      : [{ bbox: { ...bbox } }, ...all],
  })
}

function changeTime(record: Fields, { from, until, ongoing }: EntryForm, attempt: Attempt): void {
  for (const [name, text] of Object.entries({ from, until }))
    if (text !== '') attempt(name, () => timeFrom(`--${name}`, text))
  if (until !== '' && ongoing !== '')
    attempt('until', () => {
      throw new UsageError('Data that goes on has no end: leave one of the two out.')
    })
  const [current = {}, ...others] = listOf(coverageOf(record).temporal)
  const { start: _start, end: _end, ongoing: _ongoing, ...rest } = current
  const period = {
    ...(from && { start: from }),
    ...(until && { end: until }),
    ...(ongoing && { ongoing: true }),
  }
  const kept = { ...rest, ...period } as LexMap
  setCoverage(record, {
    temporal: some(
      Object.keys(period).length > 0 || Object.keys(rest).length > 0 ? [kept, ...others] : others,
    ),
  })
}

function coverageOf(record: Fields): LexMap {
  return isObject(record.coverage) ? record.coverage : {}
}

function setCoverage(record: Fields, part: Fields): void {
  const coverage = pruned({ ...coverageOf(record), ...part })
  record.coverage = Object.keys(coverage).length > 0 ? coverage : undefined
}

function changeVariables(record: Fields, text: string): void {
  const lines = text
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean)
  record.models = withFields(pruned(record) as TypedLexMap, { variables: lines }).models
}

function changePlaces(
  record: Fields,
  base: LexMap,
  rows: readonly PlaceRow[],
  before: readonly PlaceRow[],
  attempt: Attempt,
): void {
  const all = listOf(base.distributions)
  const places: LexMap[] = []
  for (const [index, row] of rows.entries()) {
    if (isEmptyRow(row)) continue
    const { of, url, format } = row
    const current = all[Number(of || -1)]
    if (current && isSame(row, before[Number(of)])) {
      places.push(current)
      continue
    }
    attempt(`places-${index}-url`, () => {
      checkPlace(url)
      const isFirst = places.length === 0
      const known = formatOfLocation(url)
      const isMoved = url !== before[Number(of || -1)]?.url
      const isTold = format !== '' && (!isMoved || format !== textOf(current?.format))
      places.push(
        pruned({
          ...(current ?? (isFirst ? { id: 'data', role: 'primary' } : { id: freeId([...all, ...places]) })),
          uri: url,
          ...(isTold ? { format: format.toLowerCase() } : isMoved ? known : { format: undefined }),
        }),
      )
    })
  }
  record.distributions = some(places)
}

function checkPlace(url: string): void {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]\S*$/i.test(url) || /^(javascript|data|file|blob):/i.test(url))
    throw new UsageError(
      url === ''
        ? 'Give the address of this place, or remove its format.'
        : `'${url.slice(0, 200)}' is no address of data: write it with its scheme, such as s3://bucket/data.zarr or https://…`,
    )
  if (/[?&](X-Amz-Signature|X-Goog-Signature|Signature|sig|AWSAccessKeyId|access_token|token)=/i.test(url))
    throw new UsageError(
      'This address is signed or holds a token, and records are public: give one that needs none.',
    )
}

/** Ids never change, because pins refer to them: a new place takes one that no other has. */
function freeId(others: readonly LexMap[]): string {
  const taken = new Set(others.map(({ id }) => id))
  let number = taken.size + 1
  while (taken.has(`data-${number}`)) number++
  return `data-${number}`
}

function changePeople(
  record: Fields,
  base: LexMap,
  rows: readonly PersonRow[],
  before: readonly PersonRow[],
  attempt: Attempt,
): void {
  const all = listOf(base.creators)
  const people: LexMap[] = []
  for (const [index, row] of rows.entries()) {
    if (isEmptyRow(row)) continue
    const { of, name, id, affiliation } = row
    const current = all[Number(of || -1)]
    const former = before[Number(of || -1)]
    if (current && isSame(row, former)) {
      people.push(current)
      continue
    }
    if (name === '') {
      attempt(`people-${index}-name`, () => fail('A name is missing.'))
      continue
    }
    attempt(`people-${index}-id`, () => {
      const [first, ...others] = listOf(current?.affiliation)
      const { affiliation: _, ...made } = agent(current, name, id, former)
      const affiliations =
        affiliation === '' ? others : [first?.name === affiliation ? first : { name: affiliation }, ...others]
      people.push({ ...made, ...(affiliations.length > 0 && { affiliation: affiliations }) })
    })
  }
  record.creators = some(people)
}

function agent(current: LexMap | undefined, name: string, id: string, before?: { name: string }): LexMap {
  const identifier = id === '' ? undefined : agentIdentifier(id)
  const made = agentFrom(name, identifier)
  if (!current) return made
  const kept = listOf(current.identifiers).filter(({ scheme }) => !/^(orcid|ror)$/i.test(textOf(scheme)))
  const { identifiers: _, ...rest } = current
  const { familyName: _family, givenName: _given, did: _did, ...another } = rest
  // Another name is another person: parts of the former one, and their account, are not theirs.
  const same = name === (before?.name ?? textOf(current.name)) ? rest : another
  const identifiers = [...(identifier ? [{ ...identifier }] : []), ...kept]
  return { ...same, ...made, ...(identifiers.length > 0 && { identifiers }) }
}

async function changeSources(
  record: Fields,
  base: LexMap,
  { sources }: EntryForm,
  before: EntryForm,
  refer: Referrer,
  problems: Map<string, string>,
): Promise<void> {
  const all = listOf(base.derivedFrom)
  const made: LexMap[][] = []
  const read = async (row: SourceRow, index: number): Promise<LexMap[]> => {
    if (isEmptyRow(row)) return []
    const { of, ref, role } = row
    const current = all[Number(of || -1)]
    const former = before.sources[Number(of || -1)]
    if (current && isSame(row, former)) return [current]
    if (current && former?.ref === ref) return [{ ...current, role: role || 'source' }]
    try {
      return [{ ref: await refer(ref), role: role || 'source' }]
    } catch (error) {
      if (!(error instanceof FrostError)) throw error
      problems.set(`sources-${index}-ref`, sentence(error.message))
      return []
    }
  }
  // Each may mean a question to somebody's server.
  for (let at = 0; at < sources.length; at += AT_ONCE)
    made.push(
      ...(await Promise.all(sources.slice(at, at + AT_ONCE).map((row, index) => read(row, at + index)))),
    )
  record.derivedFrom = some(made.flat())
}

const AT_ONCE = 8

function fail(message: string): never {
  throw new UsageError(message)
}

function pruned(fields: Fields): LexMap {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as LexMap
}
