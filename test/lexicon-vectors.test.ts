/** The protocol's vectors of lexicons, record data and string formats, held against the validators that records meet here. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonToLex, l } from '@atproto/lex'
import { LexiconIterableIndexer, LexiconSchemaBuilder, lexiconDocumentSchema } from '@atproto/lex-document'
import { parseAtUri } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { sharedPath } from './shared.ts'

const interop = sharedPath('fixtures', 'atproto-interop')

interface Vector {
  readonly name: string
  readonly data: never
  readonly lexicon: never
}

const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(interop!, ...path), 'utf8')) as T

const lines = (name: string): string[] =>
  readFileSync(join(interop!, 'syntax', name), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))

/** The names of the vectors that are taken although they should be refused, or refused although they should be taken. */
const mistaken = (vectors: readonly Vector[], wanted: boolean, accepts: (vector: Vector) => boolean) =>
  vectors.filter(vector => accepts(vector) !== wanted).map(({ name }) => name)

interface Properties {
  [name: string]: { type: string; ref?: string }
}

/** The catalogue's record; an object within an object, which the library does not read, stands as a definition of its own. */
function catalogued() {
  const document = json<{ defs: Record<string, { record?: { properties: Properties } }> }>(
    'lexicon',
    'catalog',
    'record.json',
  )
  const { properties } = document.defs.main!.record!
  for (const [name, property] of Object.entries(properties)) {
    if (property.type !== 'object') continue
    document.defs[`lifted-${name}`] = property as never
    properties[name] = { type: 'ref', ref: `#lifted-${name}` }
  }
  const indexer = new LexiconIterableIndexer([document as never])
  return LexiconSchemaBuilder.build(indexer, 'example.lexicon.record#main')
}

describe.skipIf(!interop)('atproto-interop, lexicons', () => {
  it('documents', () => {
    const accepts = ({ lexicon }: Vector) => lexiconDocumentSchema.safeValidate(lexicon).success
    expect(mistaken(json('lexicon', 'lexicon-valid.json'), true, accepts)).toEqual([])
    expect(mistaken(json('lexicon', 'lexicon-invalid.json'), false, accepts)).toEqual([])
  })

  it('record data', async () => {
    const schema = await catalogued()
    const accepts = ({ data }: Vector) => schema.safeValidate(jsonToLex(data)).success
    const valid = json<Vector[]>('lexicon', 'record-data-valid.json')
    // The blobs of 'full' name blocks of CBOR, where a blob's own CID is always one of raw bytes.
    expect(mistaken(valid, true, accepts)).toEqual(['full'])
    const raw = { $link: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' }
    const withBytes = JSON.stringify(valid, (_, value) =>
      value?.$type === 'blob' ? { ...value, ref: raw } : value,
    )
    expect(mistaken(JSON.parse(withBytes), true, accepts)).toEqual([])
    expect(mistaken(json('lexicon', 'record-data-invalid.json'), false, accepts)).toEqual([])
  })

  /** Where the library is of another mind than the vectors: in no case does it matter to what is stored or shown. */
  const OF_ANOTHER_MIND: Record<string, readonly RegExp[]> = {
    // What has no slash and no known scheme is no address to it; one of over 8 kB is one, and the record's size bounds it.
    uri: [
      /^content-type:text\/plan$/,
      /^microsoft\.windows\.camera:thing$/,
      /^https:\/\/example\.com\/x{8000,}/,
    ],
    // AT Protocol writes CIDs of version 1 in base 32; of the older ones it refuses those in other bases.
    cid: [/^[zmf7]/, /^Qm/],
  }

  it.each([
    ['at-identifier', 'atidentifier'],
    ['at-uri', 'aturi'],
    ['cid', 'cid'],
    ['datetime', 'datetime'],
    ['did', 'did'],
    ['handle', 'handle'],
    ['language', 'language'],
    ['nsid', 'nsid'],
    ['record-key', 'recordkey'],
    ['tid', 'tid'],
    ['uri', 'uri'],
  ] as const)('strings of format %s', (format, name) => {
    const schema = l.string({ format })
    const otherwise = (text: string) => OF_ANOTHER_MIND[name]?.some(form => form.test(text)) ?? false
    const mistakes = (kind: 'valid' | 'invalid') =>
      lines(`${name}_syntax_${kind}.txt`).filter(
        text => schema.safeValidate(text).success !== (kind === 'valid') && !otherwise(text),
      )
    expect(mistakes('valid')).toEqual([])
    expect(mistakes('invalid')).toEqual([])
  })

  it('moments that do not exist are refused', () => {
    const schema = l.string({ format: 'datetime' })
    for (const text of lines('datetime_parse_invalid.txt'))
      expect(schema.safeValidate(text).success, text).toBe(false)
  })

  it('addresses of records: none that is not one', () => {
    const parsed = (text: string) => text.startsWith('at://') && parseAtUri(text) !== undefined
    expect(lines('aturi_syntax_invalid.txt').filter(parsed)).toEqual([])
    const ofRecords = lines('aturi_syntax_valid.txt').filter(text =>
      /^at:\/\/[^/]+\/[^/]+\/[^/]+$/.test(text),
    )
    expect(ofRecords.length).toBeGreaterThan(5)
    expect(ofRecords.filter(text => !parsed(text))).toEqual([])
  })
})
