/** Documents for the tests of search, and all that an engine answers of them. */
import { nsid } from '@frost/lexicon'
import { expect } from 'vitest'
import type { SearchDocument, SearchEngine, SearchRequest } from '../engine.ts'

export function makeDocument(name: string, fields: Partial<SearchDocument> = {}): SearchDocument {
  return {
    uri: `at://did:plc:alice/${nsid('dataset.entry')}/${name}`,
    did: 'did:plc:alice',
    title: name,
    slugWords: name.replaceAll('-', ' '),
    subjects: [],
    creators: [],
    publisher: '',
    distributionTitles: [],
    variables: [],
    description: '',
    formats: [],
    licenses: [],
    models: [],
    keywords: [],
    publisherId: 'did:plc:alice',
    boxes: [],
    createdAt: 1_700_000_000_000,
    used: 0,
    ...fields,
  }
}

export const names = (page: { hits: readonly { uri: string }[] }) =>
  page.hits.map(hit => hit.uri.split('/').at(-1)!)

/** Every result of a request, page by page. */
export async function everyUri(
  engine: SearchEngine,
  request: Omit<SearchRequest, 'cursor'>,
): Promise<string[]> {
  const uris: string[] = []
  let cursor: string | undefined
  do {
    const page = await engine.search({ ...request, ...(cursor && { cursor }) })
    expect(page.hits.length).toBeLessThanOrEqual(request.limit)
    uris.push(...page.hits.map(hit => hit.uri))
    cursor = page.cursor
  } while (cursor)
  return uris
}
