/** Citations of real datasets, read back by programs that know nothing of FROST: what was said is what they understand. */
import { type Citable, formatCitation, formatCitations } from '@frost/catalogs/citation/index'
import { citationKeys } from '@frost/catalogs/citation/keys'
import { recordNote } from '@frost/catalogs/citation/note'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'
import { cffErrors } from './cff-judge.ts'
import { realDatasets } from './datasets.ts'
import { authorNames, folded, foldedByBibutils, institutionsAmong } from './fold.ts'
import {
  at,
  type CslItem,
  type Element,
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

const datasets = realDatasets().slice(0, 60)

it('there are twenty, with people, institutions, DOIs and licences among them', () => {
  expect(datasets.length).toBeGreaterThanOrEqual(20)
  const best = datasets.slice(0, 20)
  expect(best.filter(({ doi }) => doi).length).toBeGreaterThanOrEqual(20)
  expect(best.some(({ creators }) => creators.length > 2)).toBe(true)
})

const parts = (date: string | undefined) => date?.split('-').map(Number)

function namesOf({ author = [] }: CslItem): string[] {
  return author.map(
    ({ literal, family, given, 'non-dropping-particle': particle, 'dropping-particle': dropped }) =>
      literal ?? [[dropped, particle, family].filter(Boolean).join(' '), given].filter(Boolean).join(', '),
  )
}

describe.skipIf(!has('pandoc'))('pandoc', () => {
  it.each(['bibtex', 'csl-json'] as const)('reads %s', style => {
    const items = pandocItems(style === 'bibtex' ? 'bibtex' : 'csljson', formatCitations(datasets, style)!)
    expect(items.map(({ id }) => id)).toEqual(citationKeys(datasets))
    for (const [place, item] of items.entries()) {
      const said = datasets[place]!
      const issued = style === 'bibtex' ? parts(said.issued)?.slice(0, 2) : parts(said.issued)
      expect({
        title: folded(item.title),
        authors: namesOf(item).map(folded),
        issued: item.issued?.['date-parts'][0],
        publisher: item.publisher && folded(item.publisher),
        version: item.version,
        doi: item.DOI,
        url: item.URL,
        keywords: item.keyword && folded(item.keyword),
        abstract: item.abstract && folded(item.abstract),
        note: item.note && folded(item.note),
      }).toEqual({
        title: folded(said.title),
        authors: authorNames(said).map(folded),
        issued,
        publisher: said.publisher && folded(said.publisher),
        version: said.version,
        doi: said.doi,
        url: said.url,
        keywords: said.keywords.length > 0 ? folded(said.keywords.join(', ')) : undefined,
        abstract: said.description && folded(said.description),
        note: folded(recordNote(said)),
      })
    }
  })
})

/** What MODS says of a reference, in the words of {@link told}. */
function toldByMods(record: Element, said: Citable) {
  return {
    title: foldedByBibutils(texts(record, 'titleInfo', 'title').join(' ')),
    authors: modsNames(record).map(foldedName),
    publisher: texts(record, 'originInfo', 'publisher').map(foldedByBibutils),
    // bibutils makes of a resolver's address the DOI in it.
    url: texts(record, 'location', 'url').filter(url => url !== `https://doi.org/${said.doi}`),
    doi: at(record, 'identifier')
      .filter(({ attributes }) => attributes.type === 'doi')
      .map(({ text }) => text),
    abstract: texts(record, 'abstract').map(foldedByBibutils),
    note: texts(record, 'note').map(foldedByBibutils),
  }
}

function told(said: Citable) {
  const all = (text: string | undefined) => (text ? [foldedByBibutils(text)] : [])
  return {
    title: foldedByBibutils(said.title),
    authors: authorNames(said).map(foldedName),
    publisher: all(said.publisher),
    url: said.doi ? [] : [said.url],
    doi: said.doi ? [said.doi] : [],
    abstract: all(said.description),
    note: all(recordNote(said)),
  }
}

const wordsOf = (names: readonly string[]) =>
  names
    .flatMap(name => name.split(/[\s,]+/))
    .filter(word => word !== 'and')
    .sort()

/** bibutils leaves out the stop after an initial. */
const foldedName = (name: string) => foldedByBibutils(name).replace(/\./g, '').replace(/\s+/g, ' ')

describe.skipIf(!has('bib2xml') || !has('ris2xml') || !python)('bibutils', () => {
  it('reads BibTeX', () => {
    const records = modsOfBibtex(formatCitations(datasets, 'bibtex')!)
    expect(records.length).toBe(datasets.length)
    for (const [place, record] of records.entries()) {
      const said = datasets[place]!
      expect(toldByMods(record, said)).toEqual(told(said))
      expect(texts(record, 'originInfo', 'dateIssued')).toEqual(said.issued ? [said.issued.slice(0, 7)] : [])
    }
  })

  it('reads RIS', () => {
    const records = modsOfRis(formatCitations(datasets, 'ris')!, institutionsAmong(datasets))
    expect(records.length).toBe(datasets.length)
    for (const [place, record] of records.entries()) {
      const said = datasets[place]!
      const [read, expected] = [toldByMods(record, said), told(said)]
      // RIS names one author a line, yet bibutils divides at an "and": of such names the words are all there.
      const isDivided = said.creators.some(({ name }) => / and /.test(name))
      if (isDivided) {
        expect(wordsOf(read.authors)).toEqual(wordsOf(expected.authors))
        expect({ ...read, authors: [] }).toEqual({ ...expected, authors: [] })
      } else expect(read).toEqual(expected)
      expect(texts(record, 'originInfo', 'dateIssued')).toEqual(said.issued ? [said.issued] : [])
      expect(texts(record, 'originInfo', 'edition')).toEqual(said.version ? [said.version] : [])
      expect(texts(record, 'subject', 'topic').map(foldedByBibutils)).toEqual(
        said.keywords.map(foldedByBibutils),
      )
    }
  })
})

const schema = sharedPath('fixtures', 'schemas', 'datacite-4.7', 'metadata.xsd')

describe.skipIf(!schema || !has('xmllint'))("DataCite's schema", () => {
  it('accepts the XML, which says what the JSON says', () => {
    const documents = datasets.map(citable => formatCitation(citable, 'datacite-xml'))
    validateXml(schema!, documents)
    for (const [place, root] of xmlTrees(documents).entries()) {
      const citable = datasets[place]!
      const json = JSON.parse(formatCitation(citable, 'datacite'))
      expect(texts(root, 'titles', 'title')).toEqual([json.titles[0].title])
      expect(texts(root, 'creators', 'creator', 'creatorName')).toEqual(
        json.creators.map(({ name }: { name: string }) => name),
      )
      expect(texts(root, 'creators', 'creator', 'nameIdentifier')).toEqual(
        json.creators.flatMap(
          ({ nameIdentifiers = [] }: { nameIdentifiers?: { nameIdentifier: string }[] }) =>
            nameIdentifiers.map(({ nameIdentifier }) => nameIdentifier),
        ),
      )
      expect(texts(root, 'publisher')).toEqual([json.publisher.name])
      expect(texts(root, 'publicationYear')).toEqual([String(json.publicationYear)])
      expect(texts(root, 'identifier')).toEqual([citable.doi ?? citable.uri])
      expect(texts(root, 'alternateIdentifiers', 'alternateIdentifier')).toContain(citable.cid)
      expect(texts(root, 'subjects', 'subject')).toEqual(citable.keywords)
      expect(texts(root, 'descriptions', 'description')).toEqual(
        citable.description ? [citable.description] : [],
      )
      expect(at(root, 'rightsList', 'rights').map(({ attributes }) => attributes.rightsIdentifier)).toEqual(
        citable.rights.map(({ spdx }) => spdx?.toLowerCase()),
      )
      expect(at(root, 'relatedIdentifiers', 'relatedIdentifier').length).toBe(
        json.relatedIdentifiers?.length ?? 0,
      )
    }
  }, 120_000)
})

const cffSchema = sharedPath('fixtures', 'schemas', 'cff-1.2.0', 'schema.json')
const judge = cffSchema && pythonWith('jsonschema', 'yaml')

describe.skipIf(!judge)("CFF's schema", () => {
  it('accepts the file, which names authors, publisher, year, DOI, record and state', () => {
    const read = cffErrors(
      judge!,
      cffSchema!,
      datasets.map(citable => formatCitation(citable, 'cff')),
    )
    expect(read.flatMap(({ errors }) => errors)).toEqual([])
    for (const [place, { document }] of read.entries()) {
      const said = datasets[place]!
      const { authors, identifiers, 'preferred-citation': cited } = document
      expect(
        authors.map((author: Record<string, string>) =>
          author.name
            ? author.name
            : [author['family-names'], author['given-names']].filter(Boolean).join(', '),
        ),
      ).toEqual(authorNames(said))
      expect(document.title).toBe(said.title)
      expect(document.abstract).toBe(said.description)
      expect(document.doi).toBe(said.doi)
      expect(document.version).toBe(said.version)
      expect(cited.publisher?.name).toBe(said.publisher)
      expect(cited.year).toBe(parts(said.issued)?.[0])
      const values = identifiers.map(({ value }: { value: string }) => value)
      expect(values).toContain(said.uri)
      expect(values).toContain(said.cid)
    }
  })
})
