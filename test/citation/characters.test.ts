/** Laws: whatever characters a record holds, what other programs read back from its citation is what it says. */
import {
  type Citable,
  citableOf,
  citationStyles,
  formatCitations,
  isCitationStyle,
} from '@frost/catalogs/citation/index'
import { oneLine } from '@frost/catalogs/citation/names'
import { recordNote } from '@frost/catalogs/citation/note'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { sharedPath } from '../shared.ts'
import { cffErrors } from './cff-judge.ts'
import { authorNames, folded, institutionsAmong } from './fold.ts'
import {
  at,
  has,
  modsNames,
  modsOfBibtex,
  modsOfRis,
  pandocItems,
  python,
  pythonWith,
  texts,
  validateXml,
  xmlTrees,
} from './tools.ts'

/** What trips programs: TeX's signs, XML's, YAML's, quotes, dashes, scripts, combining and astral characters, mathematics. */
const PIECES = [
  'ä',
  'ø',
  'ß',
  'Ł',
  'ñ',
  'é',
  'e\u0301',
  'İ',
  '&',
  '%',
  '_',
  '{',
  '}',
  '{x}',
  '$',
  '#',
  '\\',
  '~',
  '^',
  '"',
  "'",
  '`',
  '--',
  '---',
  "''",
  '``',
  '?`',
  '<b>',
  '</title>',
  ']]>',
  '&amp;',
  '日本',
  '漢字かな',
  '한국어',
  'العربية',
  'Δt',
  '∑ x²',
  '$x^2$',
  '\\alpha',
  'H₂O',
  '10⁻³',
  '°C',
  'µm',
  '…',
  '—',
  '🌍',
  ': ',
  '; ',
  ', ',
  ' and ',
  '@',
  '=',
  '*',
  '[1]',
  '(a)',
  '!',
  '?',
  '/',
  '|',
  '%20',
  'the',
  'data',
  'Ocean',
  'CO2',
  '- ',
  '# ',
  '- - ',
  'null',
  'true',
  '~',
  '2020',
  '1.0',
  'TY  - ',
  'ER  - ',
  'and',
  '\u00a0',
  '\u200b',
  '\u202e',
  '\n',
  '\t',
] as const

const words = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 })
  .map(pieces => pieces.join(' '))
  .filter(text => /[\p{L}\p{N}]/u.test(text))
const namePart = fc.constantFrom(
  'Müller',
  'van der Berg',
  'Ó Súilleabháin',
  "D'Arcy",
  'Łukasz',
  'de la Cruz',
  'Li',
  '王',
  '山田',
  'Smith-Jones',
  'al-Khwārizmī',
  'Øster',
)
const person = fc
  .record({
    familyName: namePart,
    givenName: fc.constantFrom('Ada', 'Jean-Luc', 'Åse Marie', 'J. R.', '小明', 'Zoë'),
  })
  .map(({ familyName, givenName }) => ({
    name: `${familyName}, ${givenName}`,
    nameType: 'Personal',
    familyName,
    givenName,
  }))
/** As many people as are said, no two of one name: bibutils names nobody twice. */
const collaboration = (size: number) =>
  Array.from({ length: size }, (_, place) => {
    const letters = [...String(place)].map(digit => 'abcdefghij'[Number(digit)]).join('')
    const [familyName, givenName] = [`Müller${letters}`, 'Ada']
    return { name: `${familyName}, ${givenName}`, nameType: 'Personal', familyName, givenName }
  })
const institution = fc
  .oneof(
    fc.constantFrom(
      'NOAA',
      'University of California, Berkeley, Department of Earth & Planetary Science',
      'Institut Français (IFREMER)',
      'CSIRO, Oceans and Atmosphere',
      '気象庁',
      'Research 50% Ltd., Inc.',
      'others',
      'and',
      'The "A" Team',
      'van der Waals Institute',
    ),
    words,
  )
  .map(name => ({ name, nameType: 'Organizational' }))

const citable: fc.Arbitrary<Citable> = fc
  .record({
    title: words,
    description: fc.option(words, { nil: undefined }),
    creators: fc.oneof(
      fc.uniqueArray(fc.oneof(person, institution), {
        minLength: 1,
        maxLength: 4,
        selector: agent => agent.name,
      }),
      // A collaboration's list of authors.
      fc.integer({ min: 150, max: 400 }).map(collaboration),
    ),
    publisher: fc.option(
      words.map(name => ({ name })),
      { nil: undefined },
    ),
    subjects: fc.array(
      words.map(term => ({ term })),
      { maxLength: 4 },
    ),
    year: fc.integer({ min: 1700, max: 2100 }),
    doi: fc.option(
      fc.constantFrom(
        '10.5281/zenodo.1',
        '10.1002/(sici)1097-4636(199823)43:1<1::aid-x>3.0.co;2-q',
        '10.5067/a_b#c&d%25',
      ),
      { nil: undefined },
    ),
    version: fc.option(words, { nil: undefined }),
  })
  .map(({ year, doi, version, ...entry }) =>
    citableOf(
      {
        ...entry,
        dates: [{ type: 'issued', value: String(year) }],
        identifiers: doi ? [{ scheme: 'doi', value: doi }] : [],
        rights: [{ spdx: 'CC-BY-4.0' }],
      },
      {
        uri: 'at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/science.example.entry/x_1',
        cid: 'bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5kpqcsgz7soitae',
        page: 'https://frost.example/d/a_b/x%20y?z=1&w=2#f',
        ...(version && { version: { version } }),
      },
    ),
  )

/** Many at once, since each run starts another program. */
const sets = fc.array(citable, { minLength: 20, maxLength: 40 })
/** Tells what differs, not the hundreds of records that it was found among. */
const reporter = <T>({ failed, seed, errorInstance }: fc.RunDetails<T>) => {
  if (failed) throw new Error(`seed ${seed}: ${errorInstance}`, { cause: errorInstance })
}
const RUNS = { numRuns: 4, endOnFailure: true, reporter }

const paired = (text: string) => {
  let open = 0
  for (const character of text) {
    open += character === '{' ? 1 : character === '}' ? -1 : 0
    if (open < 0) return false
  }
  return open === 0
}
/** Braces that do not pair are written `\textbraceleft{}`, as BibTeX demands, which pandoc and bibutils do not know. */
const bracesPair = ({ title, creators, publisher, version, description, keywords }: Citable) =>
  [title, publisher, version, description, ...keywords, ...creators.map(({ name }) => name)].every(
    text => text === undefined || paired(text),
  )

/** pandoc writes superscripts as markup. */
const plain = (text: string) => spaced(text.replace(/<\/?su[bp]>/g, '').normalize('NFKC'))

/** Zero-width characters and directions are kept, and so are the spaces of Unicode, yet programs trim and join them. */
const spaced = (text: string) => folded(text.replace(/[\u200b\u202e\u00a0]/g, ' '))
const once = (terms: readonly string[]) => [...new Set(terms.map(spaced))]

describe.skipIf(!has('pandoc'))('pandoc reads back', () => {
  it('BibTeX', () => {
    fc.assert(
      fc.property(sets, all => {
        const said = all.filter(bracesPair)
        const items = pandocItems('bibtex', formatCitations(said, 'bibtex') ?? '')
        expect(items.length).toBe(said.length)
        for (const [place, item] of items.entries()) {
          const one = said[place]!
          expect(spaced(item.title)).toBe(spaced(one.title))
          expect(
            item.author?.map(({ literal, family, given, 'non-dropping-particle': particle }) =>
              spaced(
                literal ??
                  [[particle, family].filter(Boolean).join(' ').replace('- ', '-'), given]
                    .filter(Boolean)
                    .join(', '),
              ),
            ),
          ).toEqual(authorNames(one).map(spaced))
          expect(item.publisher && spaced(item.publisher)).toBe(one.publisher && spaced(one.publisher))
          expect(item.version && spaced(item.version)).toBe(one.version && spaced(one.version))
          expect(item.DOI).toBe(one.doi)
          expect(item.URL).toBe(one.url)
          expect(item.note).toBe(recordNote(one))
        }
      }),
      RUNS,
    )
  }, 120_000)

  it('CSL-JSON', () => {
    fc.assert(
      fc.property(sets, said => {
        const items = pandocItems('csljson', formatCitations(said, 'csl-json')!)
        for (const [place, item] of items.entries()) {
          const one = said[place]!
          expect(item.DOI).toBe(one.doi)
          expect(item.URL).toBe(one.url)
          expect(item.author?.length).toBe(one.creators.length)
          // Markup of CSL's own, such as <b>, is markup by its specification.
          if (!/[<>]/.test(one.title)) expect(plain(item.title)).toBe(plain(one.title))
        }
      }),
      RUNS,
    )
  }, 120_000)
})

describe.skipIf(!has('bib2xml') || !has('ris2xml') || !python)('bibutils reads back', () => {
  /** What its reading of TeX turns into other characters. */
  const foreign = /[\\^{}$`'"~]|\u0301|--|TY {2}-|ER {2}-/

  it('BibTeX', () => {
    fc.assert(
      fc.property(sets, said => {
        const records = modsOfBibtex(formatCitations(said, 'bibtex')!)
        expect(records.length).toBe(said.length)
        for (const [place, record] of records.entries()) {
          const one = said[place]!
          if (!foreign.test(one.title))
            expect(spaced(texts(record, 'titleInfo', 'title')[0]!)).toBe(spaced(one.title))
          // It takes an "and" for the end of a name also within braces, and "others" for et al.
          if (!one.creators.some(({ name }) => foreign.test(name) || /\b(?:and|others)\b/.test(name)))
            expect(modsNames(record).length).toBe(one.creators.length)
          expect(texts(record, 'note').map(spaced)).toContain(recordNote(one))
        }
      }),
      RUNS,
    )
  }, 120_000)

  it('RIS', () => {
    fc.assert(
      fc.property(sets, said => {
        const records = modsOfRis(formatCitations(said, 'ris')!, institutionsAmong(said))
        expect(records.length).toBe(said.length)
        for (const [place, record] of records.entries()) {
          const one = said[place]!
          expect(spaced(texts(record, 'titleInfo', 'title')[0]!)).toBe(spaced(one.title))
          expect(texts(record, 'originInfo', 'publisher').map(spaced)).toEqual(
            one.publisher ? [spaced(one.publisher)] : [],
          )
          // It leaves out what it has read already, also where only the spaces at the end differ.
          expect(once(texts(record, 'subject', 'topic'))).toEqual(once(one.keywords))
          expect(texts(record, 'note').map(spaced)).toContain(recordNote(one))
        }
      }),
      RUNS,
    )
  }, 120_000)
})

const schema = sharedPath('fixtures', 'schemas', 'datacite-4.7', 'metadata.xsd')

it.skipIf(!schema || !has('xmllint') || !python)(
  "DataCite's XML keeps to its schema and every character",
  () => {
    fc.assert(
      fc.property(sets, said => {
        const documents = said.map(one => citationStyles['datacite-xml'].format(one))
        validateXml(schema!, documents)
        for (const [place, root] of xmlTrees(documents).entries()) {
          const one = said[place]!
          expect(texts(root, 'titles', 'title')).toEqual([oneLine(one.title)])
          expect(texts(root, 'creators', 'creator', 'creatorName')).toEqual(authorNames(one))
          expect(texts(root, 'subjects', 'subject')).toEqual(one.keywords)
          expect(texts(root, 'descriptions', 'description')).toEqual(one.description ? [one.description] : [])
          expect(at(root, 'publisher')[0]!.text).toBe(one.publisher ? oneLine(one.publisher) : ':unav')
          expect(texts(root, 'identifier')).toEqual([one.doi ?? one.uri])
        }
      }),
      RUNS,
    )
  },
  120_000,
)

const cffSchema = sharedPath('fixtures', 'schemas', 'cff-1.2.0', 'schema.json')
const judge = cffSchema && pythonWith('jsonschema', 'yaml')

it.skipIf(!judge)(
  'CITATION.cff keeps to its schema, and two readers of YAML agree on what it says',
  () => {
    fc.assert(
      fc.property(fc.array(citable, { minLength: 5, maxLength: 10 }), said => {
        const files = said.map(one => citationStyles.cff.format(one))
        const read = cffErrors(judge!, cffSchema!, files)
        const again = parseAllDocuments(files.map(file => `---\n${file}\n`).join(''))
        for (const [place, { document, errors }] of read.entries()) {
          const one = said[place]!
          expect(errors).toEqual([])
          expect(document).toEqual(
            JSON.parse(JSON.stringify((again as { toJS(): unknown }[])[place]!.toJS())),
          )
          expect(document.title).toBe(oneLine(one.title))
          expect(document.abstract).toBe(one.description?.trim())
          expect(document.version).toBe(one.version && oneLine(one.version))
        }
      }),
      RUNS,
    )
  },
  120_000,
)

it('no style breaks, or leaves out the record, the state and the title', () => {
  fc.assert(
    fc.property(citable, one => {
      for (const [name, { format }] of Object.entries(citationStyles)) {
        expect(isCitationStyle(name)).toBe(true)
        const text = format(one)
        expect(text).toContain(one.cid)
        if (name !== 'bibtex') expect(text).toContain(one.uri)
        expect(text).not.toMatch(/undefined|\[object/)
      }
    }),
  )
})
