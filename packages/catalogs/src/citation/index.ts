import { apa } from './apa.ts'
import { bibtex } from './bibtex.ts'
import { cff } from './cff.ts'
import type { Citable } from './citable.ts'
import { cslJson } from './csl-json.ts'
import { dataciteJson } from './datacite.ts'
import { ris } from './ris.ts'

export { bareDoi, type Citable, type CitationContext, citableOf, type EntryLike } from './citable.ts'

interface CitationStyle {
  readonly mediaType: string
  readonly extension: string
  format(citable: Citable): string
}

/** The styles in which a dataset can be cited, by the name that `frost cite --style` and the AppView take. */
export const citationStyles = {
  apa: { mediaType: 'text/x-bibliography', extension: 'txt', format: apa },
  bibtex: { mediaType: 'application/x-bibtex', extension: 'bib', format: bibtex },
  ris: { mediaType: 'application/x-research-info-systems', extension: 'ris', format: ris },
  'csl-json': { mediaType: 'application/vnd.citationstyles.csl+json', extension: 'json', format: cslJson },
  datacite: { mediaType: 'application/vnd.datacite.datacite+json', extension: 'json', format: dataciteJson },
  cff: { mediaType: 'application/x-cff+yaml', extension: 'cff', format: cff },
} as const satisfies Record<string, CitationStyle>

export type CitationStyleName = keyof typeof citationStyles

export function isCitationStyle(name: string): name is CitationStyleName {
  return Object.hasOwn(citationStyles, name)
}

/** A citation of `citable` in one style, without a line break at the end. */
export function formatCitation(citable: Citable, style: CitationStyleName): string {
  return citationStyles[style].format(citable)
}
