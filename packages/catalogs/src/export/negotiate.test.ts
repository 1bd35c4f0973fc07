import { describe, expect, it } from 'vitest'
import { formatFor } from './negotiate.ts'

describe('content negotiation', () => {
  it.each([
    ['application/ld+json', 'schema.org'],
    ['application/ld+json;profile="http://mlcommons.org/croissant/1.0"', 'croissant'],
    ['application/ld+json; profile="http://www.w3.org/ns/dcat#"; q=0.9', 'dcat'],
    ['application/json', 'json'],
    ['application/vnd.datacite.datacite+json', 'datacite'],
    ['application/vnd.datacite.datacite+xml, */*;q=0.1', 'datacite-xml'],
    ['application/x-bibtex', 'bibtex'],
    ['text/html;q=0.2, application/vnd.citationstyles.csl+json', 'csl-json'],
    ['application/vnd.datapackage+json', 'datapackage'],
    ['text/x-bibliography', 'apa'],
  ])('%s asks for %s', (accept, format) => expect(formatFor(accept)).toBe(format))

  it.each([
    undefined,
    '',
    '*/*',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'text/html, application/ld+json;q=0.9',
    'application/ld+json;q=0',
    'application/pdf',
    `application/ld+json${','.repeat(2000)}`,
  ])('%s is content with the page', accept => expect(formatFor(accept)).toBeUndefined())
})
